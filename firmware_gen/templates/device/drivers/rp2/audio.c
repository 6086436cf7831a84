/* Driver for I2S on the RP2040 (data sheet, 3 and 2.5) and the RP2350 (11 and 12.6): a PIO state machine sends 16-bit
   stereo in Philips format. Two DMA channels, each with its own buffer, feed the state machine and start each other. */
#include "audio.h"
#include "board.h"
#include "rp2_blocks.h"
#include "rp2_pio.h"

_Static_assert(SOUND_ADDRESS == PIO0_CTRL, "sound.address");
_Static_assert(SOUND_IRQ == DMA_IRQ_0_IRQ, "sound.irq");

#define CHANNEL(number, register) REG((register) + (number) * (DMA_CH1_READ_ADDR - DMA_CH0_READ_ADDR))

enum { FRAMES = 256, WORDS = 2, BOTH_CHANNELS = 3 };
enum { TRIES = 64 }; /* reads until the last transfers, of a few cycles each, are complete */

/* Pins and instructions of the state machine. */
enum { BIT_CLOCK, WORD_SELECT, DATA, PINS };
enum { CLOCK_PINS = 2, OUTPUT_INSTRUCTION = 0xE081 /* set pindirs, 1 */, START = 7 };

/* The program sends a 32-bit frame, with two instructions per bit. Data changes when the bit clock falls, and is read
   when it rises. Word select changes one bit before the first bit of a channel. Word select is 0 for the left channel,
   which comes first. */
static const uint16_t program[] = {
    /*                          word select, bit clock */
    0x6001, /* 0: out pins, 1       side 0b00    left */
    0x0840, /* 1: jmp x--, 0        side 0b01 */
    0x7001, /* 2: out pins, 1       side 0b10 */
    0xF82E, /* 3: set x, 14         side 0b11 */
    0x7001, /* 4: out pins, 1       side 0b10    right */
    0x1844, /* 5: jmp x--, 4        side 0b11 */
    0x6001, /* 6: out pins, 1       side 0b00 */
    0xE82E, /* 7: set x, 14         side 0b01 */
};

static const uint32_t pins[PINS] = {SOUND_PINS};
static uint32_t buffers[2][FRAMES];
static audio_fill *fill;

bool audio_open(void)
{
    if (!restart(RESETS_RESET_DMA | RESETS_RESET_PIO0))
        return false;
    for (uint32_t i = 0; i < sizeof program / sizeof program[0]; i++)
        REG(PIO0_INSTR_MEM0 + 4 * i) = program[i];
    for (uint32_t i = 0; i < PINS; i++) {
        pin_connect(pins[i], SOUND_FUNCTION, false);
        REG(PIO0_SM0_PINCTRL) = pins[i] * PIO0_SM0_PINCTRL_SET_BASE | 1 * PIO0_SM0_PINCTRL_SET_COUNT;
        REG(PIO0_SM0_INSTR) = OUTPUT_INSTRUCTION;
    }
    REG(PIO0_SM0_PINCTRL) = pins[DATA] * PIO0_SM0_PINCTRL_OUT_BASE | 1 * PIO0_SM0_PINCTRL_OUT_COUNT
                            | pins[BIT_CLOCK] * PIO0_SM0_PINCTRL_SIDESET_BASE
                            | CLOCK_PINS * PIO0_SM0_PINCTRL_SIDESET_COUNT;
    REG(PIO0_SM0_CLKDIV) = SOUND_DIVIDER * PIO0_SM0_CLKDIV_INT | SOUND_FRACTION * PIO0_SM0_CLKDIV_FRAC;
    REG(PIO0_SM0_EXECCTRL) = (sizeof program / sizeof program[0] - 1) * PIO0_SM0_EXECCTRL_WRAP_TOP;
    interrupt_yield(SOUND_IRQ); /* filling a buffer takes longer than a UART byte */
    interrupt_enable(SOUND_IRQ);
    return true;
}

/* Returns the value of a channel's CTRL register. A channel that has played its buffer starts the other channel.
   Transfers are paced by data request 0 (TREQ_SEL), the FIFO of state machine 0. */
static uint32_t control(uint32_t channel)
{
    return DMA_CH0_CTRL_TRIG_EN | DMA_CH0_CTRL_TRIG_HIGH_PRIORITY | WORDS * DMA_CH0_CTRL_TRIG_DATA_SIZE
           | DMA_CH0_CTRL_TRIG_INCR_READ | (1 - channel) * DMA_CH0_CTRL_TRIG_CHAIN_TO;
}

bool audio_start(audio_fill *with)
{
    fill = with;
    /* Changing FJOIN_TX empties the FIFO. Without an explicit threshold, a new word is pulled after 32 bits. */
    REG(PIO0_SM0_SHIFTCTRL) = 0;
    REG(PIO0_SM0_SHIFTCTRL) = PIO0_SM0_SHIFTCTRL_AUTOPULL | PIO0_SM0_SHIFTCTRL_FJOIN_TX;
    REG(PIO0_CTRL) = PIO0_CTRL_SM_RESTART | PIO0_CTRL_CLKDIV_RESTART;
    REG(PIO0_SM0_INSTR) = START; /* jmp 7 */
    for (uint32_t i = 0; i < 2; i++) {
        fill(buffers[i], FRAMES);
        CHANNEL(i, DMA_CH0_READ_ADDR) = (uint32_t)(uintptr_t)buffers[i];
        CHANNEL(i, DMA_CH0_WRITE_ADDR) = PIO0_TXF0;
        CHANNEL(i, DMA_CH0_TRANS_COUNT) = FRAMES;
        CHANNEL(i, DMA_CH0_AL1_CTRL) = control(i);
    }
    REG(DMA_INTS0) = BOTH_CHANNELS;
    REG(DMA_INTE0) = BOTH_CHANNELS;
    __asm volatile("dsb" ::: "memory");
    CHANNEL(0, DMA_CH0_CTRL_TRIG) = control(0);
    REG(PIO0_CTRL) = PIO0_CTRL_SM_ENABLE;
    return true;
}

void audio_stop(void)
{
    REG(DMA_INTE0) = 0;
    for (uint32_t i = 0; i < 2; i++) /* without EN, a channel cannot start the other one while both are aborted */
        CHANNEL(i, DMA_CH0_AL1_CTRL) = 0;
    REG(DMA_CHAN_ABORT) = BOTH_CHANNELS;
    (void)wait_until(DMA_CHAN_ABORT, BOTH_CHANNELS, 0, TRIES);
    REG(PIO0_CTRL) = 0;
}

void audio_isr(void)
{
    uint32_t played = REG(DMA_INTS0) & BOTH_CHANNELS;

    REG(DMA_INTS0) = played;
    for (uint32_t i = 0; i < 2; i++) {
        if (played & 1u << i) {
            CHANNEL(i, DMA_CH0_READ_ADDR) = (uint32_t)(uintptr_t)buffers[i];
            fill(buffers[i], FRAMES);
        }
    }
}
