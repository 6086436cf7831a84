/* Driver for the I2S peripheral on Nordic chips (product specification, I2S): 16-bit stereo in the original I2S format, as master.
   EasyDMA plays two buffers in turn. When a buffer begins, its address has been latched (TXPTRUPD), and the address of
   the next buffer is set. The master clock is not output. */
#include "audio.h"
#include "board.h"
#include "nrf_pins.h"
#include "sleep.h"

_Static_assert(SOUND_ADDRESS == CHIP_SOUND_BASE && SOUND_IRQ == CHIP_SOUND_IRQ, "sound.address and sound.irq");
_Static_assert(SOUND_TIMEOUT_IRQ == TIMER2_IRQ, "the timeout's interrupt");

#define I2S(register) REG(SOUND_ADDRESS + (register))

enum { FRAMES = 256, BUFFERS = 2, SAMPLES_OF_16_BITS = 1 };
enum { BITS_32 = 3, DIVIDE_BY_16 = 4, TIMEOUT = 100000 }; /* microseconds; a buffer takes 5,400 */
enum { TRIES = 1 << 14 }; /* maximum number of reads, which take at least 1 ms; a frame takes 0.1 ms */

static uint32_t buffers[BUFFERS][FRAMES];
static uint32_t playing; /* number of buffers whose playback has started */
static audio_fill *fill;
static volatile bool timed_out;

bool audio_open(void)
{
    static const uint32_t pins[] = {SOUND_PINS};
    bool ready;

    for (uint32_t i = 0; i < sizeof pins / sizeof pins[0]; i++)
        pin_output(pins[i], false);
    I2S(I2S_PSEL_SCK) = pins[0];
    I2S(I2S_PSEL_LRCK) = pins[1];
    I2S(I2S_PSEL_SDOUT) = pins[2];
    I2S(I2S_CONFIG_MODE) = 0; /* master */
    I2S(I2S_CONFIG_TXEN) = 1;
    I2S(I2S_CONFIG_MCKEN) = 1;
    I2S(I2S_CONFIG_MCKFREQ) = SOUND_MCKFREQ;
    I2S(I2S_CONFIG_RATIO) = SOUND_RATIO;
    I2S(I2S_CONFIG_SWIDTH) = SAMPLES_OF_16_BITS;
    I2S(I2S_CONFIG_ALIGN) = 0;
    I2S(I2S_CONFIG_FORMAT) = 0;
    I2S(I2S_CONFIG_CHANNELS) = 0; /* stereo */
    I2S(I2S_RXTXD_MAXCNT) = FRAMES;
    REG(TIMER2_BITMODE) = BITS_32;
    REG(TIMER2_PRESCALER) = DIVIDE_BY_16;
    REG(TIMER2_CC0) = TIMEOUT;
    REG(TIMER2_INTENSET) = TIMER2_INTENSET_COMPARE0;
    interrupt_enable(SOUND_TIMEOUT_IRQ);
    interrupt_yield(SOUND_IRQ); /* filling a buffer takes longer than a UART byte */
    interrupt_enable(SOUND_IRQ);
    ready = chip_sound_clock_start();
    chip_sound_clock_stop(); /* until playback */
    return ready;
}

bool audio_start(audio_fill *with)
{
    if (!chip_sound_clock_start())
        return false;
    fill = with;
    playing = 0;
    for (uint32_t i = 0; i < BUFFERS; i++)
        fill(buffers[i], FRAMES);
    __asm volatile("dsb" ::: "memory");
    I2S(I2S_EVENTS_STOPPED) = 0;
    I2S(I2S_EVENTS_TXPTRUPD) = 0;
    I2S(I2S_INTEN) = I2S_INTEN_TXPTRUPD;
    I2S(I2S_TXD_PTR) = (uint32_t)(uintptr_t)buffers[0];
    I2S(I2S_ENABLE) = 1;
    I2S(I2S_TASKS_START) = 1;
    return true;
}

void audio_stop(void)
{
    I2S(I2S_INTEN) = 0; /* STOP may generate TXPTRUPD (anomaly 55) */
    I2S(I2S_TASKS_STOP) = 1;
    chip_sound_release();
    (void)wait_until(SOUND_ADDRESS + I2S_EVENTS_STOPPED, 1, 1, TRIES);
    I2S(I2S_ENABLE) = 0;
    chip_sound_clock_stop();
    I2S(I2S_EVENTS_TXPTRUPD) = 0;
    (void)I2S(I2S_EVENTS_TXPTRUPD); /* the event is cleared before the handler returns */
}

void audio_isr(void)
{
    uint32_t next;

    if (!I2S(I2S_EVENTS_TXPTRUPD))
        return;
    I2S(I2S_EVENTS_TXPTRUPD) = 0;
    next = ++playing % BUFFERS;
    I2S(I2S_TXD_PTR) = (uint32_t)(uintptr_t)buffers[next];
    if (playing > 1) /* both buffers were filled before the start */
        fill(buffers[next], FRAMES);
}

bool audio_sleep(void)
{
    timed_out = false;
    REG(TIMER2_TASKS_CLEAR) = 1;
    REG(TIMER2_TASKS_START) = 1;
    __asm volatile("cpsid i" ::: "memory");
    core_sleep();
    REG(TIMER2_TASKS_SHUTDOWN) = 1; /* after STOP, the timer would keep drawing current (anomaly 78) */
    return !timed_out;
}

void audio_timeout_isr(void)
{
    timed_out = true;
    REG(TIMER2_EVENTS_COMPARE0) = 0;
    (void)REG(TIMER2_EVENTS_COMPARE0); /* cleared before the handler returns */
}
