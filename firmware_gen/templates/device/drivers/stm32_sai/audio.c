/* Driver for I2S by block A of a SAI (RM0432, chapter 53; RM0456, chapter 69): 16-bit stereo in Philips format, as
   master, without the master clock output. A circular DMA transfer plays both halves of a buffer in turn. The family's
   stm32_play.h provides the SAI's clock and the DMA. */
#include "audio.h"
#include "board.h"
#include "clock.h"
#include "sleep.h"
#include "stm32_pins.h"
#include "stm32_play.h"

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

enum { FRAMES = 256, HALVES = 2, SAMPLE_OF_16_BITS = 4, HALF_FULL = 2 };
enum { TRIES = 1 << 16 }; /* maximum number of reads, which take at least 2 ms; a frame takes 0.1 ms */

static uint32_t buffers[HALVES][FRAMES];
static audio_fill *fill;

#ifdef SOUND_TIMEOUT_IRQ
_Static_assert(SOUND_TIMEOUT_IRQ == TIM6_IRQ, "the timeout's interrupt");

enum { TICKS_PER_SECOND = 10000, TIMEOUT = 1000 }; /* 0.1 s; a buffer takes at most 32 ms */

static volatile bool timed_out;

/* Sets up a timer that counts once to TIMEOUT. */
static void open_timeout(void)
{
    REG(RCC_APB1ENR1) |= RCC_APB1ENR1_TIM6EN;
    (void)REG(RCC_APB1ENR1); /* the clock runs two cycles after the write */
    REG(TIM6_PSC) = clock_core_hz() / TICKS_PER_SECOND - 1;
    REG(TIM6_ARR) = TIMEOUT - 1;
    REG(TIM6_CR1) = TIM6_CR1_OPM | TIM6_CR1_URS;
    REG(TIM6_DIER) = TIM6_DIER_UIE;
    interrupt_enable(SOUND_TIMEOUT_IRQ);
}

bool audio_sleep(void)
{
    timed_out = false;
    REG(TIM6_EGR) = TIM6_EGR_UG; /* restarts at 0 */
    REG(TIM6_CR1) |= TIM6_CR1_CEN;
    __asm volatile("cpsid i" ::: "memory");
    core_sleep();
    REG(TIM6_CR1) &= ~TIM6_CR1_CEN;
    return !timed_out;
}

void audio_timeout_isr(void)
{
    timed_out = true;
    REG(TIM6_SR) = 0;
    (void)REG(TIM6_SR); /* cleared before the handler returns */
}
#else
static void open_timeout(void) {}
#endif

bool audio_open(void)
{
    static const struct pin pins[] = {SOUND_PINS};

    if (!play_clock(TRIES))
        return false;
    for (uint32_t i = 0; i < sizeof pins / sizeof pins[0]; i++)
        pins_connect(pins[i], SOUND_FUNCTION, PINS_FLOAT);
    REG(RCC_APB2ENR) |= ENABLE;
    play_open(REQUEST);
    SAI(SAI_ACR1) =
        SAMPLE_OF_16_BITS * SAI_ACR1_DS | SAI_ACR1_CKSTR | PLAY_NO_MASTER_CLOCK | SOUND_DIVIDER * SAI_ACR1_MCKDIV;
    SAI(SAI_AFRCR) = 31 * SAI_AFRCR_FRL | 15 * SAI_AFRCR_FSALL | SAI_AFRCR_FSDEF | SAI_AFRCR_FSOFF;
    SAI(SAI_ASLOTR) = 1 * SAI_ASLOTR_NBSLOT | 3 * SAI_ASLOTR_SLOTEN;
    open_timeout();
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
    SAI(SAI_ACR2) = HALF_FULL * SAI_ACR2_FTH | SAI_ACR2_FFLUSH;
    SAI(SAI_ACLRFR) = SAI_ACLRFR_COVRUDR | SAI_ACLRFR_CWCKCFG;
    play_start(REQUEST, SOUND_ADDRESS + SAI_ADR, buffers[0], buffers[1], sizeof buffers[0]);
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
    play_stop(TRIES);
    SAI(SAI_ACR1) &= ~(SAI_ACR1_SAIEN | SAI_ACR1_DMAEN);
}

void audio_isr(void)
{
    uint32_t played = play_progress(buffers[1], sizeof buffers[1]);

    if (played & PLAY_FAILED) {
        fill(NULL, 0);
        return;
    }
    if (played & PLAYED_FIRST)
        fill(buffers[0], FRAMES);
    if (played & PLAYED_SECOND)
        fill(buffers[1], FRAMES);
}
