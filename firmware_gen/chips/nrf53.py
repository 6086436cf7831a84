"""Compute the settings of the nRF5340's application core (product specification, CLOCK and I2S): the audio PLL, and its
divider for the amplifier's rate."""

from ticktalk.firmware_gen.chips.nrf import CRYSTAL, FRAME_BITS, pins_of, uart_macros
from ticktalk.firmware_gen.chips.settings import Settings, Sound, code, line_rate
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.target import Target

DIVIDERS = {128_000_000: 0, 64_000_000: 1}  # code of HCLK in HFCLKCTRL, by the core's frequency
TIMER2_IRQ = 17
AUDIO = (12_288_000, 11_289_600)  # nominal frequencies of the audio PLL
FROM_AUDIO = 1  # in CLKCONFIG
RATIO_32 = 0  # one bit per master clock
AWAKE = 64  # microseconds between two sleeps; 5 sleeps within 200 us cause Nordic's anomaly 160
TURN = 3  # minimum cycles per iteration of the loop in sleep.h


def settings(board: Target, sample_rate: int) -> Settings:
    """See `chips.settings`."""
    macros = uart_macros(board, *DIVIDERS) | {
        "CLOCK_DIVIDER": DIVIDERS[board.clock_hz],
        "AWAKE_TURNS": AWAKE * board.clock_hz // 1_000_000 // TURN,
    }
    if not board.sound or not sample_rate:
        return Settings(code(macros))
    line, repeat = line_rate(board, sample_rate)
    frequency, divider = audio_clock(board, line)
    macros |= {
        "SOUND_TIMEOUT_IRQ": TIMER2_IRQ,
        "SOUND_PLL": frequency,
        "SOUND_CLKCONFIG": FROM_AUDIO,
        "SOUND_MCKFREQ": mckfreq(divider),
        "SOUND_RATIO": RATIO_32,
        "SOUND_PINS": pins_of(board.file, "sound", board.sound.pins, 3),
    }
    return Settings(code(macros), Sound(sample_rate, line, audio_hz(frequency) / (divider * FRAME_BITS), repeat))


def audio_hz(frequency: int) -> float:
    """Return the frequency in hertz that the value `frequency` of HFCLKAUDIO.FREQUENCY selects."""
    return CRYSTAL / 12 * (4 + frequency / 65536)


def audio_clock(board: Target, rate: int) -> tuple[int, int]:
    """Return HFCLKAUDIO.FREQUENCY, and the divider from the audio PLL to the bit clock of `rate` frames per second."""
    for nominal in AUDIO:
        if nominal % (FRAME_BITS * rate) == 0 and nominal > FRAME_BITS * rate:
            return round((12 * nominal / CRYSTAL - 4) * 65536), nominal // (FRAME_BITS * rate)
    raise BuildError(
        f"{board.file}: key 'sound.rates': the chip cannot generate {rate} Hz; use fractions of 192000 or 176400 Hz"
    )


def mckfreq(divider: int) -> int:
    """Return the value of MCKFREQ for a divider of the audio PLL."""
    return 4096 * (2 * 1_048_576 // (2 * divider + 1))
