/* Driver for I2S by the SAI of the STM32L4+ (RM0432, chapters 11, 12 and 53): block A sends 16-bit stereo in Philips
   format, as master, without the master clock output. A circular DMA transfer plays both halves of a buffer in turn. */
#include "audio.h"
#include "board.h"
#include "stm32_pins.h"

#include <stddef.h>

#if SOUND_ADDRESS == SAI1_BASE
#define ENABLE RCC_APB2ENR_SAI1EN
#define REQUEST 36u
#elif SOUND_ADDRESS == SAI2_BASE
#define ENABLE RCC_APB2ENR_SAI2EN
#define REQUEST 38u
#else
#error "sound.address is not the address of a SAI of this chip"
#endif

#define SAI(offset) REG(SOUND_ADDRESS + (offset))

/* The interrupt number determines the channel of DMA1, to which the DMAMUX routes the requests of the SAI. */
#define CHANNEL (SOUND_IRQ - DMA1_Channel1_IRQ)
#define DMA(register) REG(DMA1_BASE + (register) + CHANNEL * (DMA_CCR2 - DMA_CCR1))
#define FLAG(of_channel_1) ((of_channel_1) << 4 * CHANNEL)
_Static_assert(SOUND_IRQ >= DMA1_Channel1_IRQ && SOUND_IRQ <= DMA1_Channel7_IRQ, "sound.irq");

enum { FRAMES = 256, HALVES = 2, FROM_MEMORY = 1, SIXTEEN_BITS = 1, HIGH = 2, SAMPLE_OF_16_BITS = 4, HALF_FULL = 2 };
enum { TRIES = 1 << 16 }; /* maximum number of reads, which take at least 2 ms; a frame takes 0.1 ms */

static uint32_t buffers[HALVES][FRAMES];
static audio_fill *fill;

bool audio_open(void)
{
    static const struct pin pins[] = {SOUND_PINS};

    REG(RCC_CR) &= ~RCC_CR_PLLSAI1ON;
    if (!wait_until(RCC_CR, RCC_CR_PLLSAI1RDY, 0, TRIES))
        return false;
    REG(RCC_PLLSAI1CFGR) =
        (REG(RCC_PLLCFGR) & 15 * RCC_PLLCFGR_PLLM) / RCC_PLLCFGR_PLLM * RCC_PLLSAI1CFGR_PLLSAI1M /* the same input */
        | SOUND_PLL_N * RCC_PLLSAI1CFGR_PLLSAI1N | SOUND_PLL_P * RCC_PLLSAI1CFGR_PLLSAI1PDIV
        | RCC_PLLSAI1CFGR_PLLSAI1PEN;
    REG(RCC_CR) |= RCC_CR_PLLSAI1ON;
    if (!wait_until(RCC_CR, RCC_CR_PLLSAI1RDY, RCC_CR_PLLSAI1RDY, TRIES))
        return false;
    for (uint32_t i = 0; i < sizeof pins / sizeof pins[0]; i++)
        pins_connect(pins[i], SOUND_FUNCTION, PINS_FLOAT);
    REG(RCC_AHB1ENR) |= RCC_AHB1ENR_DMA1EN | RCC_AHB1ENR_DMAMUX1EN;
    REG(RCC_APB2ENR) |= ENABLE;
    (void)REG(RCC_APB2ENR); /* the clock runs two cycles after the write */
    REG(DMAMUX1_BASE + DMAMUX_C0CR + CHANNEL * (DMAMUX_C1CR - DMAMUX_C0CR)) = REQUEST * DMAMUX_C0CR_DMAREQ_ID;
    SAI(SAI_ACR1) = SAMPLE_OF_16_BITS * SAI_ACR1_DS | SAI_ACR1_CKSTR | SAI_ACR1_NOMCK | SOUND_DIVIDER * SAI_ACR1_MCKDIV;
    SAI(SAI_AFRCR) = 31 * SAI_AFRCR_FRL | 15 * SAI_AFRCR_FSALL | SAI_AFRCR_FSDEF | SAI_AFRCR_FSOFF;
    SAI(SAI_ASLOTR) = 1 * SAI_ASLOTR_NBSLOT | 3 * SAI_ASLOTR_SLOTEN;
    interrupt_yield(SOUND_IRQ); /* filling a buffer takes longer than a UART byte */
    interrupt_enable(SOUND_IRQ);
    return true;
}

bool audio_start(audio_fill *with)
{
    fill = with;
    fill(buffers[0], FRAMES);
    fill(buffers[1], FRAMES);
    if (!wait_until(SOUND_ADDRESS + SAI_ACR1, SAI_ACR1_SAIEN, 0, TRIES)) /* wait for the end of the last frame */
        return false;
    DMA(DMA_CCR1) = 0;
    REG(DMA1_BASE + DMA_IFCR) = FLAG(DMA_IFCR_CGIF1);
    DMA(DMA_CPAR1) = SOUND_ADDRESS + SAI_ADR;
    DMA(DMA_CMAR1) = (uint32_t)(uintptr_t)buffers;
    DMA(DMA_CNDTR1) = sizeof buffers / sizeof(uint16_t);
    DMA(DMA_CCR1) = FROM_MEMORY * DMA_CCR1_DIR | DMA_CCR1_MINC | DMA_CCR1_CIRC | SIXTEEN_BITS * DMA_CCR1_PSIZE
                    | SIXTEEN_BITS * DMA_CCR1_MSIZE | HIGH * DMA_CCR1_PL | DMA_CCR1_TCIE | DMA_CCR1_HTIE
                    | DMA_CCR1_TEIE;
    SAI(SAI_ACR2) = HALF_FULL * SAI_ACR2_FTH | SAI_ACR2_FFLUSH;
    SAI(SAI_ACLRFR) = SAI_ACLRFR_COVRUDR | SAI_ACLRFR_CWCKCFG;
    __asm volatile("dsb" ::: "memory");
    DMA(DMA_CCR1) |= DMA_CCR1_EN;
    SAI(SAI_ACR1) |= SAI_ACR1_DMAEN;
    for (uint32_t tries = 0; !(SAI(SAI_ASR) & 7 * SAI_ASR_FLVL); tries++) { /* wait until the FIFO is not empty */
        if (tries == TRIES)
            return false;
    }
    SAI(SAI_ACR1) |= SAI_ACR1_SAIEN;
    return true;
}

void audio_stop(void)
{
    DMA(DMA_CCR1) &= ~DMA_CCR1_EN;
    SAI(SAI_ACR1) &= ~(SAI_ACR1_SAIEN | SAI_ACR1_DMAEN);
}

void audio_isr(void)
{
    uint32_t flags = REG(DMA1_BASE + DMA_ISR);

    REG(DMA1_BASE + DMA_IFCR) = FLAG(DMA_IFCR_CGIF1);
    if (flags & FLAG(DMA_ISR_TEIF1)) {
        fill(NULL, 0);
        return;
    }
    if (flags & FLAG(DMA_ISR_HTIF1))
        fill(buffers[0], FRAMES);
    if (flags & FLAG(DMA_ISR_TCIF1))
        fill(buffers[1], FRAMES);
}
