"""Functions for all STM32 families."""

from collections.abc import Iterable

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.target import Target

WATCHDOG = 32  # maximum number of seconds, which are counted in 12 bits at 125 Hz
NOTE_BELOW_END = 0x4000  # bytes: distance of the note in RAM from the end of RAM, where MCUboot may have its stack


def pins_of(file: str, table: str, pins: tuple[str, ...], count: int) -> str:
    """Return a C initialiser with the port and the number of each pin, such as "PB10".

    Raises BuildError if `table` of the board file does not name `count` pins.
    """
    if len(pins) != count or not all(pin.startswith("P") for pin in pins):
        raise BuildError(f"{file}: key '{table}.pins' must name {count} pins, such as \"PB10\"")
    return ", ".join(f"{{{ord(pin[1]) - ord('A')}, {int(pin[2:])}}}" for pin in pins)


def reset_macros(board: Target) -> dict[str, int | str]:
    """Return the macros of the watchdog, and of the start of the ROM's boot loader after a reset.

    Raises BuildError if the watchdog cannot count that long.
    """
    macros: dict[str, int | str] = {"ROM_NOTE": f"0x{board.ram.address + board.ram.size - NOTE_BELOW_END:08X}u"}
    if board.watchdog:
        if board.watchdog.seconds > WATCHDOG:
            raise BuildError(
                f"{board.file}: key 'watchdog.seconds' is {board.watchdog.seconds}, but must be at most {WATCHDOG}"
            )
        macros["WATCHDOG_COUNTS_ASLEEP"] = 1
    return macros


def core_divider(
    board: Target, dividers: Iterable[int], pll_input: int, vco: tuple[int, int], slowest: int, fastest: int
) -> int:
    """Return the first of `dividers` with which a PLL that multiplies `pll_input` generates the core's clock.

    `vco` is the range of the PLL's oscillator, and `slowest` and `fastest` are the limits of the core, in hertz. Raises
    BuildError if no divider fits.
    """
    assert board.clock is not None  # checked by boards.board
    core = board.clock_hz
    found = next((d for d in dividers if core * d % pll_input == 0 and vco[0] <= core * d <= vco[1]), None)
    if found is None or core > fastest:
        raise BuildError(
            f"{board.file}: key 'clock_hz' is {core}, but the PLL of driver {board.clock.driver} generates "
            f"multiples of 2 MHz from {slowest // 10**6} to {fastest // 10**6} MHz"
        )
    return found


def check_bus(board: Target) -> None:
    """Raise BuildError unless the UART's bus runs at the core's clock, as all buses of these families do."""
    assert board.uart is not None  # checked by boards.board
    if board.uart.clock_hz != board.clock_hz:
        raise BuildError(
            f"{board.file}: key 'uart.clock_hz' is {board.uart.clock_hz}, but the buses run at the core's "
            f"{board.clock_hz}"
        )
