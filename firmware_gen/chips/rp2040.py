"""Clocks of the RP2040 (data sheet, 2.18 and 3.5.5): the system PLL, and the divider of the PIO that sends I2S."""

from ticktalk.firmware_gen.chips.settings import Settings, Sound, line_rate
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.escape import Code
from ticktalk.firmware_gen.project.target import Target

CRYSTALS = (5_000_000, 15_000_000)
VCO = (750_000_000, 1_600_000_000)
FEEDBACK = (16, 320)
FASTEST = 133_000_000  # of the core
RING = 6_500_000  # typical frequency of the ring oscillator
CYCLES = 64  # of the state machine for each frame: two for each of 32 bits
GPIOS = 30


def settings(board: Target, sample_rate: int) -> Settings:
    """See `chips.settings`."""
    assert board.clock is not None and board.uart is not None  # checked by boards.board
    if board.uart.clock_hz != board.clock_hz:
        raise BuildError(
            f"{board.file}: key 'uart.clock_hz' is {board.uart.clock_hz}, but the UART runs at the core's "
            f"{board.clock_hz}"
        )
    feedback, first, second = pll_dividers(board)
    macros = {
        "CLOCK_CRYSTAL_HZ": f"{board.clock.crystal_hz}u",
        "CLOCK_INTERNAL_HZ": f"{RING}u",
        "CLOCK_FEEDBACK": f"{feedback}u",
        "CLOCK_DIVIDER_1": f"{first}u",
        "CLOCK_DIVIDER_2": f"{second}u",
        "UART_PINS": _pins(board.file, "uart", board.uart.pins, 2),
        "UART_FUNCTION": f"{board.uart.function}u",
    }
    if not board.sound or not sample_rate:
        return Settings(_code(macros))
    line, repeat = line_rate(board, sample_rate)
    divider = round(256 * board.clock_hz / (CYCLES * line))
    pins = [int(pin[2:]) for pin in board.sound.pins if pin.startswith("GP")]
    if len(pins) == 3 and pins[1] != pins[0] + 1:
        raise BuildError(
            f"{board.file}: key 'sound.pins': word select must be GP{pins[0] + 1}, the pin after the bit clock"
        )
    macros |= {
        "SOUND_DIVIDER": f"{divider >> 8}u",
        "SOUND_FRACTION": f"{divider & 255}u",
        "SOUND_PINS": _pins(board.file, "sound", board.sound.pins, 3),
        "SOUND_FUNCTION": f"{board.sound.function}u",
    }
    return Settings(_code(macros), Sound(line, 256 * board.clock_hz / (CYCLES * divider), repeat))


def pll_dividers(board: Target) -> tuple[int, int, int]:
    """Return FBDIV, POSTDIV1 and POSTDIV2, with the fastest oscillator, which has the least jitter.

    Raises BuildError if the PLL cannot make `clock_hz` from the crystal.
    """
    assert board.clock is not None
    crystal, core = board.clock.crystal_hz, board.clock_hz
    if not CRYSTALS[0] <= crystal <= CRYSTALS[1]:
        raise BuildError(
            f"{board.file}: key 'clock.crystal_hz' is {crystal}, but must be from {CRYSTALS[0]} to {CRYSTALS[1]}"
        )
    found = [
        (core * first * second // crystal, first, second)
        for first in range(1, 8)
        for second in range(1, first + 1)
        if core * first * second % crystal == 0
        and VCO[0] <= core * first * second <= VCO[1]
        and FEEDBACK[0] <= core * first * second // crystal <= FEEDBACK[1]
    ]
    if not found or core > FASTEST:
        raise BuildError(
            f"{board.file}: key 'clock_hz' is {core}, which the PLL cannot make from a crystal of {crystal} Hz, "
            f"or more than {FASTEST}; choose 125000000 with a crystal of 12 MHz"
        )
    return max(found)


def _pins(file: str, table: str, pins: tuple[str, ...], count: int) -> str:
    """Return the numbers of pins such as "GP10", as a C initialiser."""
    if len(pins) != count or not all(pin.startswith("GP") and int(pin[2:]) < GPIOS for pin in pins):
        raise BuildError(f"{file}: key '{table}.pins' must name {count} pins from GP0 to GP{GPIOS - 1}")
    return ", ".join(pin[2:] for pin in pins)


def _code(macros: dict[str, str]) -> dict[str, str]:
    return {name: Code(value) for name, value in macros.items()}
