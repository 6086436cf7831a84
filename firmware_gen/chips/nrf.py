"""Functions for all of Nordic's families: the baud rate, the pins and the fixed clocks."""

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.target import Target

UART_CLOCK = 16_000_000
CRYSTAL = 32_000_000
PINS = 32, 16  # pins per port
FRAME_BITS = 32  # two 16-bit channels

# The documented values of BAUDRATE, by baud rate.
BAUDS = {115_200: 0x01D6_0000, 230_400: 0x03B0_0000, 250_000: 0x0400_0000, 460_800: 0x0740_0000, 1_000_000: 0x1000_0000}


def uart_macros(board: Target, *cores: int) -> dict[str, int | str]:
    """Return the macros of the UART. `cores` are the frequencies in hertz at which the chip's core can run.

    Raises BuildError if the board file's clocks differ from the chip's, or if the chip does not support the baud rate.
    """
    assert board.clock is not None and board.uart is not None  # checked by boards.board
    for name, found, wanted in (
        ("clock_hz", board.clock_hz, cores),
        ("clock.crystal_hz", board.clock.crystal_hz, (CRYSTAL,)),
        ("uart.clock_hz", board.uart.clock_hz, (UART_CLOCK,)),
    ):
        if found not in wanted:
            raise BuildError(
                f"{board.file}: key '{name}' is {found}, but must be {' or '.join(map(str, wanted))} on this chip"
            )
    if board.baud not in BAUDS:
        raise BuildError(
            f"{board.file}: key 'baud' is {board.baud}, but driver {board.uart.driver} supports "
            f"{', '.join(map(str, BAUDS))}"
        )
    return {"UART_RATE": BAUDS[board.baud], "UART_PINS": pins_of(board.file, "uart", board.uart.pins, 2)}


def pins_of(file: str, table: str, pins: tuple[str, ...], count: int) -> str:
    """Return a C initialiser with the numbers of pins such as "P1.02". Each port has 32 numbers."""
    numbers = [(int(pin[1]), int(pin[3:])) for pin in pins if pin[2:3] == "."]
    if len(pins) != count or len(numbers) != count or any(number >= PINS[port] for port, number in numbers):
        raise BuildError(f"{file}: key '{table}.pins' must name {count} pins from P0.0 to P0.31 or P1.0 to P1.15")
    return ", ".join(f"{32 * port + number}u" for port, number in numbers)
