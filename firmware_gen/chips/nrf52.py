"""Compute the settings of the nRF52840 (product specification, UARTE and I2S): the baud rate, and the clock of the I2S
output."""

from fractions import Fraction

from ticktalk.firmware_gen.chips.nrf import FRAME_BITS, pins_of, uart_macros
from ticktalk.firmware_gen.chips.settings import Settings, Sound, code
from ticktalk.firmware_gen.project.target import Target

CORE = 64_000_000
TIMER2_IRQ = 10
MCK_SOURCE = 32_000_000

# The documented values of MCKFREQ, keyed by the divider of the 32 MHz clock.
MCKFREQ = {
    8: 0x2000_0000,
    10: 0x1800_0000,
    11: 0x1600_0000,
    15: 0x1100_0000,
    16: 0x1000_0000,
    21: 0x0C00_0000,
    23: 0x0B00_0000,
    30: 0x0880_0000,
    31: 0x0840_0000,
    32: 0x0800_0000,
    42: 0x0600_0000,
    63: 0x0410_0000,
    125: 0x020C_0000,
}
RATIOS = (32, 48, 64, 96, 128, 192, 256, 384, 512)  # master clock cycles per frame, by the code of RATIO
LEAST = Fraction(19, 10)  # minimum frames per sample of the voice, to avoid audible images


def settings(board: Target, sample_rate: int) -> Settings:
    """See `chips.settings`."""
    macros = uart_macros(board, CORE)
    if not board.sound or not sample_rate:
        return Settings(code(macros))
    line, divider, ratio = i2s_clock(board.sound.rates, LEAST * sample_rate)
    exact = Fraction(MCK_SOURCE, divider * ratio)
    step = sample_rate / exact  # samples of the voice per frame
    macros |= {
        "SOUND_TIMEOUT_IRQ": TIMER2_IRQ,
        "SOUND_MCKFREQ": MCKFREQ[divider],
        "SOUND_RATIO": RATIOS.index(ratio),
        "SOUND_PINS": pins_of(board.file, "sound", board.sound.pins, 3),
    }
    return Settings(code(macros), Sound(sample_rate, line, float(exact), step.denominator, step.numerator))


def i2s_clock(rates: tuple[int, ...], least: Fraction) -> tuple[int, int, int]:
    """Return one of the amplifier's `rates`, and the divider and ratio for the frame rate that is closest to it.

    The frame rate is at least `least`. If several are equally close, the one with the slowest clock is returned.
    """
    found = [
        (abs(Fraction(MCK_SOURCE, divider * ratio) / rate - 1), -divider, ratio, rate)
        for rate in rates
        for divider in MCKFREQ
        for ratio in RATIOS
        if ratio % FRAME_BITS == 0 and divider * ratio * least <= MCK_SOURCE
    ]
    _, divider, ratio, rate = min(found)
    return rate, -divider, ratio
