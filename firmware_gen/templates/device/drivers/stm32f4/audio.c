/* Driver for I2S by DMA with two buffers on the STM32F405, F407, F415 and F417 (RM0090, chapters 10 and 28): 16-bit
   stereo in Philips format, as master, without the master clock output. */
#include "audio.h"
#include "board.h"
#include "stm32_pins.h"

#include <stddef.h>

/* The transfers use stream 4 or 5 of DMA1, on channel 0. */
#if SOUND_ADDRESS == SPI2_BASE
_Static_assert(SOUND_IRQ == DMA1_Stream4_IRQ, "sound.irq");
#define STREAM(register) REG(DMA1_BASE + (register) + 4 * (DMA_S1CR - DMA_S0CR))
#define ENABLE() (REG(RCC_APB1ENR) |= RCC_APB1ENR_SPI2EN)
#define ALL_FLAGS (DMA_HIFCR_CFEIF4 | DMA_HIFCR_CDMEIF4 | DMA_HIFCR_CTEIF4 | DMA_HIFCR_CHTIF4 | DMA_HIFCR_CTCIF4)
#define COMPLETE DMA_HISR_TCIF4
#define FAILED DMA_HISR_TEIF4
#elif SOUND_ADDRESS == SPI3_BASE
_Static_assert(SOUND_IRQ == DMA1_Stream5_IRQ, "sound.irq");
#define STREAM(register) REG(DMA1_BASE + (register) + 5 * (DMA_S1CR - DMA_S0CR))
#define ENABLE() (REG(RCC_APB1ENR) |= RCC_APB1ENR_SPI3EN)
#define ALL_FLAGS (DMA_HIFCR_CFEIF5 | DMA_HIFCR_CDMEIF5 | DMA_HIFCR_CTEIF5 | DMA_HIFCR_CHTIF5 | DMA_HIFCR_CTCIF5)
#define COMPLETE DMA_HISR_TCIF5
#define FAILED DMA_HISR_TEIF5
#else
#error "sound.address is not the address of an I2S of this chip"
#endif

#define I2S(offset) REG(SOUND_ADDRESS + (offset))
#define STREAM_ADDRESS(register) ((uint32_t)(uintptr_t)&STREAM(register))

enum { FRAMES = 256, HALFWORDS = 2 * FRAMES, MASTER_SENDS = 2, FROM_MEMORY = 1, SIXTEEN_BITS = 1, HIGH = 2 };
enum { TRIES = 1 << 20 }; /* maximum number of reads, which take at least 30 ms */

static uint32_t buffers[2][FRAMES];
static audio_fill *fill;

bool audio_open(void)
{
    static const struct pin pins[] = {SOUND_PINS};

    REG(RCC_CR) &= ~RCC_CR_PLLI2SON;
    if (!wait_until(RCC_CR, RCC_CR_PLLI2SRDY, 0, TRIES))
        return false;
    REG(RCC_PLLI2SCFGR) = SOUND_PLL_N * RCC_PLLI2SCFGR_PLLI2SNx | SOUND_PLL_R * RCC_PLLI2SCFGR_PLLI2SRx;
    REG(RCC_CR) |= RCC_CR_PLLI2SON;
    if (!wait_until(RCC_CR, RCC_CR_PLLI2SRDY, RCC_CR_PLLI2SRDY, TRIES))
        return false;
    for (uint32_t i = 0; i < sizeof pins / sizeof pins[0]; i++)
        pins_connect(pins[i], SOUND_FUNCTION, PINS_FLOAT);
    ENABLE();
    REG(RCC_AHB1ENR) |= RCC_AHB1ENR_DMA1EN;
    (void)REG(RCC_AHB1ENR); /* the clock runs two cycles after the write */
    I2S(SPI_I2SPR) = SOUND_DIVIDER * SPI_I2SPR_I2SDIV | SOUND_ODD * SPI_I2SPR_ODD;
    I2S(SPI_I2SCFGR) = SPI_I2SCFGR_I2SMOD | MASTER_SENDS * SPI_I2SCFGR_I2SCFG;
    I2S(SPI_CR2) = SPI_CR2_TXDMAEN;
    interrupt_yield(SOUND_IRQ); /* filling a buffer takes longer than a UART byte */
    interrupt_enable(SOUND_IRQ);
    return true;
}

bool audio_start(audio_fill *with)
{
    fill = with;
    fill(buffers[0], FRAMES);
    fill(buffers[1], FRAMES);
    STREAM(DMA_S0CR) = 0;
    if (!wait_until(STREAM_ADDRESS(DMA_S0CR), DMA_S0CR_EN, 0, TRIES))
        return false;
    REG(DMA1_BASE + DMA_HIFCR) = ALL_FLAGS;
    STREAM(DMA_S0PAR) = SOUND_ADDRESS + SPI_DR;
    STREAM(DMA_S0M0AR) = (uint32_t)(uintptr_t)buffers[0];
    STREAM(DMA_S0M1AR) = (uint32_t)(uintptr_t)buffers[1];
    STREAM(DMA_S0NDTR) = HALFWORDS;
    STREAM(DMA_S0FCR) = 0; /* without the FIFO */
    STREAM(DMA_S0CR) = FROM_MEMORY * DMA_S0CR_DIR | DMA_S0CR_MINC | SIXTEEN_BITS * DMA_S0CR_PSIZE
                       | SIXTEEN_BITS * DMA_S0CR_MSIZE | HIGH * DMA_S0CR_PL | DMA_S0CR_DBM | DMA_S0CR_TCIE
                       | DMA_S0CR_TEIE;
    __asm volatile("dsb" ::: "memory");
    STREAM(DMA_S0CR) |= DMA_S0CR_EN;
    I2S(SPI_I2SCFGR) |= SPI_I2SCFGR_I2SE;
    return true;
}

void audio_stop(void)
{
    STREAM(DMA_S0CR) &= ~DMA_S0CR_EN;
    I2S(SPI_I2SCFGR) &= ~SPI_I2SCFGR_I2SE;
}

void audio_isr(void)
{
    uint32_t flags = REG(DMA1_BASE + DMA_HISR);

    REG(DMA1_BASE + DMA_HIFCR) = ALL_FLAGS;
    if (flags & FAILED)
        fill(NULL, 0);
    else if (flags & COMPLETE)
        fill(buffers[STREAM(DMA_S0CR) & DMA_S0CR_CT ? 0 : 1], FRAMES);
}
