/* The clock and the DMA of the SAI of the STM32U5 (RM0456, chapters 11 and 17). PLL2's multiplier has a fraction.
   Two linked items of the GPDMA, each followed by the other, play two buffers in turn. */
#ifndef STM32_PLAY_H
#define STM32_PLAY_H

#include "board.h"
#include "played.h"
#include "stm32u5_registers.h"

#define PLAY_NO_MASTER_CLOCK SAI_ACR1_NODIV

/* The interrupt number determines the channel of the GPDMA. */
#define CHANNEL (SOUND_IRQ - GPDMA1_Channel0_IRQ)
#define DMA(register) REG(GPDMA1_BASE + (register) + CHANNEL * (GPDMA_C1LBAR - GPDMA_C0LBAR))
_Static_assert(SOUND_IRQ >= GPDMA1_Channel0_IRQ && SOUND_IRQ <= GPDMA1_Channel7_IRQ, "sound.irq");
#define ERRORS (GPDMA_C0SR_DTEF | GPDMA_C0SR_ULEF | GPDMA_C0SR_USEF)

enum { SIXTEEN_BITS = 1, HIGH = 3, AFTER_EACH_ITEM = 2, LINK_BYTES = 0x10000 };

/* Starts PLL2 with the same input as PLL1. */
static inline bool play_clock(uint32_t tries)
{
    uint32_t input = REG(RCC_PLL1CFGR);

    REG(RCC_CR) &= ~RCC_CR_PLL2ON;
    if (!wait_until(RCC_CR, RCC_CR_PLL2RDY, 0, tries))
        return false;
    input = (input & 3 * RCC_PLL1CFGR_PLL1SRC) / RCC_PLL1CFGR_PLL1SRC * RCC_PLL2CFGR_PLL2SRC
            | (input & 15 * RCC_PLL1CFGR_PLL1M) / RCC_PLL1CFGR_PLL1M * RCC_PLL2CFGR_PLL2M;
    REG(RCC_PLL2CFGR) = input;
    REG(RCC_PLL2FRACR) = SOUND_PLL_FRACTION * RCC_PLL2FRACR_PLL2FRACN;
    REG(RCC_PLL2DIVR) = (SOUND_PLL_N - 1) * RCC_PLL2DIVR_PLL2N | (SOUND_PLL_P - 1) * RCC_PLL2DIVR_PLL2P
                        | 1 * RCC_PLL2DIVR_PLL2Q | 1 * RCC_PLL2DIVR_PLL2R;
    REG(RCC_PLL2CFGR) = input | RCC_PLL2CFGR_PLL2FRACEN | RCC_PLL2CFGR_PLL2PEN; /* applies the fraction */
    REG(RCC_CR) |= RCC_CR_PLL2ON;
    return wait_until(RCC_CR, RCC_CR_PLL2RDY, RCC_CR_PLL2RDY, tries);
}

/* Starts the clock of the DMA. */
static inline void play_open(uint32_t request)
{
    (void)request;
    REG(RCC_AHB1ENR) |= RCC_AHB1ENR_GPDMA1EN;
    (void)REG(RCC_AHB1ENR); /* the clock runs two cycles after the write */
}

/* Starts the transfer of two buffers of `bytes` bytes, which are contiguous, to the register at `data`. */
static inline void play_start(uint32_t request, uint32_t data, const uint32_t *first, const uint32_t *second,
                              uint32_t bytes)
{
    /* What changes from one item to the next, in the order in which the GPDMA loads it. */
    static struct {
        uint32_t block, from, next;
    } items[2] __attribute__((aligned(32))); /* does not cross a boundary of LINK_BYTES */
    const uint32_t *const buffers[2] = {first, second};

    for (uint32_t i = 0; i < 2; i++) {
        items[i].block = bytes;
        items[i].from = (uint32_t)(uintptr_t)buffers[i];
        items[i].next =
            (uint32_t)(uintptr_t)&items[1 - i] % LINK_BYTES | GPDMA_C0LLR_UB1 | GPDMA_C0LLR_USA | GPDMA_C0LLR_ULL;
    }
    DMA(GPDMA_C0FCR) = GPDMA_C0FCR_TCF | GPDMA_C0FCR_HTF | GPDMA_C0FCR_DTEF | GPDMA_C0FCR_ULEF | GPDMA_C0FCR_USEF
                       | GPDMA_C0FCR_SUSPF | GPDMA_C0FCR_TOF;
    DMA(GPDMA_C0LBAR) = (uint32_t)(uintptr_t)items & ~(LINK_BYTES - 1u);
    DMA(GPDMA_C0TR1) = SIXTEEN_BITS * GPDMA_C0TR1_SDW_LOG2 | GPDMA_C0TR1_SINC | GPDMA_C0TR1_SAP
                       | SIXTEEN_BITS * GPDMA_C0TR1_DDW_LOG2; /* memory at port 1, the SAI at port 0 */
    DMA(GPDMA_C0TR2) = request * GPDMA_C0TR2_REQSEL | GPDMA_C0TR2_DREQ | AFTER_EACH_ITEM * GPDMA_C0TR2_TCEM;
    DMA(GPDMA_C0BR1) = items[0].block;
    DMA(GPDMA_C0SAR) = items[0].from;
    DMA(GPDMA_C0DAR) = data;
    DMA(GPDMA_C0LLR) = items[0].next;
    __asm volatile("dsb" ::: "memory");
    DMA(GPDMA_C0CR) = HIGH * GPDMA_C0CR_PRIO | GPDMA_C0CR_LAP | GPDMA_C0CR_TCIE | GPDMA_C0CR_DTEIE | GPDMA_C0CR_ULEIE
                      | GPDMA_C0CR_USEIE | GPDMA_C0CR_EN;
}

/* Suspends the channel, which can then be reset. */
static inline void play_stop(uint32_t tries)
{
    DMA(GPDMA_C0CR) |= GPDMA_C0CR_SUSP;
    (void)wait_until(GPDMA1_BASE + GPDMA_C0SR + CHANNEL * (GPDMA_C1LBAR - GPDMA_C0LBAR), GPDMA_C0SR_IDLEF,
                     GPDMA_C0SR_IDLEF, tries);
    DMA(GPDMA_C0CR) |= GPDMA_C0CR_RESET;
}

/* Clears the interrupt, and returns its cause. When a buffer has been played, the source address is either still at the
   end of this buffer or already in the other buffer. */
static inline uint32_t play_progress(const uint32_t *second, uint32_t bytes)
{
    uint32_t flags = DMA(GPDMA_C0SR);

    DMA(GPDMA_C0FCR) = flags & (ERRORS | GPDMA_C0SR_TCF); /* the flags have the same positions in both registers */
    if (flags & ERRORS)
        return PLAY_FAILED;
    if (!(flags & GPDMA_C0SR_TCF))
        return 0;
    return DMA(GPDMA_C0SAR) - (uint32_t)(uintptr_t)second < bytes ? PLAYED_FIRST : PLAYED_SECOND;
}

#endif
