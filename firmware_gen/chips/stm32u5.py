"""Compute the clocks of the STM32U5 (ST RM0456 and the data sheet of the STM32U5A9): PLL1 for the core, and PLL2 with
its fraction for the SAI.

Both PLLs multiply the same 4 MHz input, from the crystal or, if the crystal fails, from the internal oscillator HSI16.
"""

from fractions import Fraction

from ticktalk.firmware_gen.chips.settings import Settings, Sound, code, line_rate
from ticktalk.firmware_gen.chips.stm32 import check_bus, core_divider, pins_of, reset_macros
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.target import Target

PLL_INPUT = 4_000_000
CRYSTALS = (4_000_000, 48_000_000)
INTERNAL = 16_000_000  # HSI16
BOOSTER = 8_000_000  # the booster's clock is 4 to 16 MHz
BOOSTER_DIVIDERS = (1, 2, 4, 6, 8, 10, 12, 14, 16)  # by the code of PLL1MBOOST
VCO = (128_000_000, 544_000_000)
FEEDBACK = (4, 512)
STEPS = 8192  # of the fraction
SLOWEST = 2_000_000  # minimum core frequency with the PLL as its source
FASTEST = 160_000_000  # maximum frequency of the core, the buses and the PLLs' outputs, in voltage range 1
WAIT_HZ = 32_000_000  # core clock for each flash wait state, in voltage range 1
TIM6_IRQ = 49
FRAME_BITS = 32  # two 16-bit channels


def settings(board: Target, sample_rate: int) -> Settings:
    """See `chips.settings`."""
    assert board.clock is not None and board.uart is not None  # checked by boards.board
    crystal, core = board.clock.crystal_hz, board.clock_hz
    if crystal % PLL_INPUT or not CRYSTALS[0] <= crystal <= CRYSTALS[1]:
        raise BuildError(
            f"{board.file}: key 'clock.crystal_hz' is {crystal}, but must be a multiple of {PLL_INPUT} up to "
            f"{CRYSTALS[1]}"
        )
    divider = core_divider(board, range(2, 129, 2), PLL_INPUT, VCO, SLOWEST, FASTEST)
    check_bus(board)
    macros: dict[str, int | str] = {
        "CLOCK_INTERNAL_HZ": INTERNAL,
        "CLOCK_M_CRYSTAL": crystal // PLL_INPUT,
        "CLOCK_M_INTERNAL": INTERNAL // PLL_INPUT,
        "CLOCK_BOOST_CRYSTAL": _booster(crystal),
        "CLOCK_BOOST_INTERNAL": _booster(INTERNAL),
        "CLOCK_N": core * divider // PLL_INPUT,
        "CLOCK_R": divider,
        "CLOCK_WAIT_STATES": (core - 1) // WAIT_HZ,
        "UART_PINS": pins_of(board.file, "uart", board.uart.pins, 2),
        "UART_FUNCTION": board.uart.function,
        **reset_macros(board),
    }
    if not board.sound or not sample_rate:
        return Settings(code(macros))
    line, repeat = line_rate(board, sample_rate)
    feedback, p, divider = sai_dividers(line)
    macros |= {
        "SOUND_TIMEOUT_IRQ": TIM6_IRQ,
        "SOUND_PLL_N": feedback // STEPS,
        "SOUND_PLL_FRACTION": feedback % STEPS,
        "SOUND_PLL_P": p,
        "SOUND_DIVIDER": divider,
        "SOUND_PINS": pins_of(board.file, "sound", board.sound.pins, 3),
        "SOUND_FUNCTION": board.sound.function,
    }
    return Settings(code(macros), Sound(sample_rate, line, float(sai_rate(feedback, p, divider)), repeat))


def sai_rate(feedback: int, p: int, divider: int) -> Fraction:
    """Return the exact sample rate in hertz. `feedback` is the multiplier of PLL2 in steps of its fraction."""
    return Fraction(PLL_INPUT * feedback, STEPS * p * divider * FRAME_BITS)


def sai_dividers(rate: int) -> tuple[int, int, int]:
    """Return (multiplier in steps, P, MCKDIV) for the sample rate that is closest to `rate`.

    If several are equally close, the one with the slowest PLL and the slowest SAI clock is returned, because it needs
    the least current.
    """
    found = []
    for p in range(1, 129):
        for divider in range(1, 64):
            feedback = round(Fraction(rate * FRAME_BITS * p * divider * STEPS, PLL_INPUT))
            vco = Fraction(PLL_INPUT * feedback, STEPS)
            if not VCO[0] <= vco <= min(VCO[1], FASTEST * p) or not FEEDBACK[0] <= feedback // STEPS < FEEDBACK[1]:
                continue
            found.append((abs(sai_rate(feedback, p, divider) - rate), feedback, -p, divider))
    _, feedback, p, divider = min(found)
    return feedback, -p, divider


def _booster(source: int) -> int:
    """Return the code of the divider for the booster's clock."""
    return next(code for code, divider in enumerate(BOOSTER_DIVIDERS) if source <= BOOSTER * divider)
