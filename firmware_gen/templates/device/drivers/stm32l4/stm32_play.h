/* The clock and the DMA of the SAI of the STM32L4+ (RM0432, chapters 6, 11 and 12). The circular transfer raises an
   interrupt at the middle and at the end of the buffer. */
#ifndef STM32_PLAY_H
#define STM32_PLAY_H

#include "board.h"
#include "played.h"
#include "stm32l4_registers.h"

#define PLAY_NO_MASTER_CLOCK SAI_ACR1_NOMCK

/* The interrupt number determines the channel of DMA1, to which the DMAMUX routes the requests of the SAI. */
#define CHANNEL (SOUND_IRQ - DMA1_Channel1_IRQ)
#define DMA(register) REG(DMA1_BASE + (register) + CHANNEL * (DMA_CCR2 - DMA_CCR1))
#define FLAG(of_channel_1) ((of_channel_1) << 4 * CHANNEL)
_Static_assert(SOUND_IRQ >= DMA1_Channel1_IRQ && SOUND_IRQ <= DMA1_Channel7_IRQ, "sound.irq");

enum { FROM_MEMORY = 1, SIXTEEN_BITS = 1, HIGH = 2 };

/* Starts the PLL of the SAI. */
static inline bool play_clock(uint32_t tries)
{
    REG(RCC_CR) &= ~RCC_CR_PLLSAI1ON;
    if (!wait_until(RCC_CR, RCC_CR_PLLSAI1RDY, 0, tries))
        return false;
    REG(RCC_PLLSAI1CFGR) =
        (REG(RCC_PLLCFGR) & 15 * RCC_PLLCFGR_PLLM) / RCC_PLLCFGR_PLLM * RCC_PLLSAI1CFGR_PLLSAI1M /* the same input */
        | SOUND_PLL_N * RCC_PLLSAI1CFGR_PLLSAI1N | SOUND_PLL_P * RCC_PLLSAI1CFGR_PLLSAI1PDIV
        | RCC_PLLSAI1CFGR_PLLSAI1PEN;
    REG(RCC_CR) |= RCC_CR_PLLSAI1ON;
    return wait_until(RCC_CR, RCC_CR_PLLSAI1RDY, RCC_CR_PLLSAI1RDY, tries);
}

/* Starts the clock of the DMA, and routes the SAI's requests to it. */
static inline void play_open(uint32_t request)
{
    REG(RCC_AHB1ENR) |= RCC_AHB1ENR_DMA1EN | RCC_AHB1ENR_DMAMUX1EN;
    (void)REG(RCC_AHB1ENR); /* the clock runs two cycles after the write */
    REG(DMAMUX1_BASE + DMAMUX_C0CR + CHANNEL * (DMAMUX_C1CR - DMAMUX_C0CR)) = request * DMAMUX_C0CR_DMAREQ_ID;
}

/* Starts the transfer of two buffers of `bytes` bytes, which are contiguous, to the register at `data`. */
static inline void play_start(uint32_t request, uint32_t data, const uint32_t *first, const uint32_t *second,
                              uint32_t bytes)
{
    (void)request, (void)second;
    DMA(DMA_CCR1) = 0;
    REG(DMA1_BASE + DMA_IFCR) = FLAG(DMA_IFCR_CGIF1);
    DMA(DMA_CPAR1) = data;
    DMA(DMA_CMAR1) = (uint32_t)(uintptr_t)first;
    DMA(DMA_CNDTR1) = 2 * bytes / sizeof(uint16_t);
    DMA(DMA_CCR1) = FROM_MEMORY * DMA_CCR1_DIR | DMA_CCR1_MINC | DMA_CCR1_CIRC | SIXTEEN_BITS * DMA_CCR1_PSIZE
                    | SIXTEEN_BITS * DMA_CCR1_MSIZE | HIGH * DMA_CCR1_PL | DMA_CCR1_TCIE | DMA_CCR1_HTIE
                    | DMA_CCR1_TEIE;
    __asm volatile("dsb" ::: "memory");
    DMA(DMA_CCR1) |= DMA_CCR1_EN;
}

static inline void play_stop(uint32_t tries)
{
    (void)tries;
    DMA(DMA_CCR1) &= ~DMA_CCR1_EN;
}

/* Clears the interrupt, and returns its cause. */
static inline uint32_t play_progress(const uint32_t *second, uint32_t bytes)
{
    uint32_t flags = REG(DMA1_BASE + DMA_ISR), played = 0;

    (void)second, (void)bytes;
    REG(DMA1_BASE + DMA_IFCR) = FLAG(DMA_IFCR_CGIF1);
    if (flags & FLAG(DMA_ISR_TEIF1))
        return PLAY_FAILED;
    if (flags & FLAG(DMA_ISR_HTIF1))
        played |= PLAYED_FIRST;
    if (flags & FLAG(DMA_ISR_TCIF1))
        played |= PLAYED_SECOND;
    return played;
}

#endif
