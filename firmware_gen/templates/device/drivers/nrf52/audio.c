/* Driver for the I2S of the nRF52840 (product specification, I2S): 16-bit stereo in the original I2S format, as master.
   EasyDMA plays two buffers in turn. When a buffer begins, its address has been latched (TXPTRUPD), and the address of
   the next buffer is set.

   The master clock, which is not output, is 32 MHz divided by one of a few numbers. The amplifier's rate is therefore
   not a multiple of the voice's rate, and sound.c interpolates. */
#include "audio.h"
#include "board.h"
#include "nrf52_pins.h"

_Static_assert(SOUND_ADDRESS == I2S_BASE && SOUND_IRQ == I2S_IRQ, "sound.address and sound.irq");

enum { FRAMES = 256, BUFFERS = 2, SAMPLES_OF_16_BITS = 1 };
enum { TRIES = 1 << 14 }; /* maximum reads of a register, at least 1 ms; a frame takes 0.1 ms */

static uint32_t buffers[BUFFERS][FRAMES];
static uint32_t playing; /* number of buffers that have begun */
static audio_fill *fill;

bool audio_open(void)
{
    static const uint32_t pins[] = {SOUND_PINS};

    for (uint32_t i = 0; i < sizeof pins / sizeof pins[0]; i++)
        pin_output(pins[i], false);
    REG(I2S_PSEL_SCK) = pins[0];
    REG(I2S_PSEL_LRCK) = pins[1];
    REG(I2S_PSEL_SDOUT) = pins[2];
    REG(I2S_CONFIG_MODE) = 0; /* master */
    REG(I2S_CONFIG_TXEN) = 1;
    REG(I2S_CONFIG_MCKEN) = 1;
    REG(I2S_CONFIG_MCKFREQ) = SOUND_MCKFREQ;
    REG(I2S_CONFIG_RATIO) = SOUND_RATIO;
    REG(I2S_CONFIG_SWIDTH) = SAMPLES_OF_16_BITS;
    REG(I2S_CONFIG_ALIGN) = 0;
    REG(I2S_CONFIG_FORMAT) = 0;
    REG(I2S_CONFIG_CHANNELS) = 0; /* stereo */
    REG(I2S_RXTXD_MAXCNT) = FRAMES;
    REG(I2S_INTENSET) = I2S_INTENSET_TXPTRUPD;
    interrupt_yield(SOUND_IRQ); /* filling a buffer takes longer than a UART byte */
    interrupt_enable(SOUND_IRQ);
    return true;
}

bool audio_start(audio_fill *with)
{
    fill = with;
    playing = 0;
    for (uint32_t i = 0; i < BUFFERS; i++)
        fill(buffers[i], FRAMES);
    __asm volatile("dsb" ::: "memory");
    REG(I2S_EVENTS_STOPPED) = 0;
    REG(I2S_EVENTS_TXPTRUPD) = 0;
    REG(I2S_TXD_PTR) = (uint32_t)(uintptr_t)buffers[0];
    REG(I2S_ENABLE) = 1;
    REG(I2S_TASKS_START) = 1;
    return true;
}

void audio_stop(void)
{
    REG(I2S_TASKS_STOP) = 1;
    (void)wait_until(I2S_EVENTS_STOPPED, 1, 1, TRIES);
    REG(I2S_ENABLE) = 0;
    REG(I2S_EVENTS_TXPTRUPD) = 0;
    (void)REG(I2S_EVENTS_TXPTRUPD); /* the event is cleared before the handler returns */
}

void audio_isr(void)
{
    uint32_t next;

    if (!REG(I2S_EVENTS_TXPTRUPD))
        return;
    REG(I2S_EVENTS_TXPTRUPD) = 0;
    next = ++playing % BUFFERS;
    REG(I2S_TXD_PTR) = (uint32_t)(uintptr_t)buffers[next];
    if (playing > 1) /* both buffers were filled before the start */
        fill(buffers[next], FRAMES);
}
