"""Compute the clocks of the STM32F405, F407, F415 and F417 (ST RM0090): the main PLL, and the PLL of the I2S output.

Both PLLs multiply the same input, the crystal's frequency divided by M. This input is always 2 MHz, which ST recommends
for the least jitter. The chip's 16 MHz internal oscillator can be divided to the same 2 MHz, so only M changes if the
crystal fails.
"""

from ticktalk.firmware_gen.chips.settings import Settings, Sound, code, line_rate
from ticktalk.firmware_gen.chips.stm32 import core_divider, pins_of, reset_macros
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.target import Target

PLL_INPUT = 2_000_000
INTERNAL = 16_000_000  # HSI
SLOWEST = 14_000_000  # minimum core frequency with the PLL as its source
FASTEST = 168_000_000  # maximum frequency of the core, in voltage range 1
USB = 48_000_000  # maximum frequency of the PLL's third output
VCO = (100_000_000, 432_000_000)
BUS_LIMITS = (42_000_000, 84_000_000)  # maximum frequencies of APB1 and APB2
WAIT_HZ = 30_000_000  # core clock for each flash wait state, at 2.7 V to 3.6 V
I2S_FASTEST = 192_000_000
FRAME_BITS = 32  # two 16-bit channels


def settings(board: Target, sample_rate: int) -> Settings:
    """See `chips.settings`."""
    assert board.clock is not None and board.uart is not None  # checked by boards.board
    crystal, core = board.clock.crystal_hz, board.clock_hz
    if crystal % PLL_INPUT or not 2 <= crystal // PLL_INPUT <= 63:
        raise BuildError(f"{board.file}: key 'clock.crystal_hz' is {crystal}, but must be a multiple of {PLL_INPUT}")
    fast = core_divider(board, (2, 4, 6, 8), PLL_INPUT, VCO, SLOWEST, FASTEST)
    vco = core * fast
    halvings = [next(n for n in range(5) if core >> n <= limit) for limit in BUS_LIMITS]
    buses = [core >> n for n in halvings]
    if board.uart.clock_hz not in buses:
        raise BuildError(
            f"{board.file}: key 'uart.clock_hz' is {board.uart.clock_hz}, but the buses run at {buses[0]} (APB1) and "
            f"{buses[1]} (APB2)"
        )
    macros: dict[str, int | str] = {
        "CLOCK_INTERNAL_HZ": INTERNAL,
        "CLOCK_M_CRYSTAL": crystal // PLL_INPUT,
        "CLOCK_M_INTERNAL": INTERNAL // PLL_INPUT,
        "CLOCK_N": vco // PLL_INPUT,
        "CLOCK_P": fast,
        "CLOCK_Q": -(-vco // USB),
        "CLOCK_WAIT_STATES": (core - 1) // WAIT_HZ,
        "CLOCK_APB1": halvings[0] and 3 + halvings[0],  # codes of the prescalers: 0 for 1, 4 for 2, 5 for 4
        "CLOCK_APB2": halvings[1] and 3 + halvings[1],
        "UART_PINS": pins_of(board.file, "uart", board.uart.pins, 2),
        "UART_FUNCTION": board.uart.function,
        **reset_macros(board),
    }
    if not board.sound or not sample_rate:
        return Settings(code(macros))
    line, repeat = line_rate(board, sample_rate)
    n, r, halves = i2s_dividers(line)
    macros |= {
        "SOUND_PLL_N": n,
        "SOUND_PLL_R": r,
        "SOUND_DIVIDER": halves // 2,
        "SOUND_ODD": halves % 2,
        "SOUND_PINS": pins_of(board.file, "sound", board.sound.pins, 3),
        "SOUND_FUNCTION": board.sound.function,
    }
    return Settings(code(macros), Sound(sample_rate, line, i2s_rate(n, r, halves), repeat))


def i2s_rate(n: int, r: int, halves: int) -> float:
    """Return the sample rate in hertz: the PLL's input times N, divided by R, the bits of a frame and the divider."""
    return PLL_INPUT * n / (r * halves * FRAME_BITS)


def i2s_dividers(rate: int) -> tuple[int, int, int]:
    """Return (N, R, 2 * I2SDIV + ODD) for the sample rate that is closest to `rate`.

    If several are equally close, the one with the slowest PLL is returned, because it needs the least current.
    """
    found = []
    for n in range(VCO[0] // PLL_INPUT, VCO[1] // PLL_INPUT + 1):
        for r in range(2, 8):
            if PLL_INPUT * n > I2S_FASTEST * r:
                continue
            halves = round(PLL_INPUT * n / (r * FRAME_BITS * rate))
            if 4 <= halves <= 511:
                found.append((abs(i2s_rate(n, r, halves) - rate), n, r, halves))
    return min(found)[1:]
