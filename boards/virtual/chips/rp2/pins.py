"""The pins: IO_BANK0 connects them to peripherals, and PADS_BANK0 to the outside."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.errors import ChipError
from ticktalk.boards.virtual.chips.peripheral import Peripheral


def connection(io: Peripheral, pads: Peripheral, pins: tuple[str, ...], function: int, what: str) -> Callable[[], None]:
    """Return a function that raises ChipError unless the pins are connected to the peripheral `what`."""

    def check() -> None:
        for pin in pins:
            number = int(pin[2:])
            pad = f"GPIO{number}"
            if (found := io.field(f"{pad}_CTRL", "FUNCSEL")) != function:
                raise ChipError(f"{what} is used, but pin {pin} has function {found} instead of {function}")
            isolated = "ISO" in pads.registers[pad].fields and pads.field(pad, "ISO")  # only on the RP2350
            if isolated or pads.field(pad, "OD") or not pads.field(pad, "IE"):
                raise ChipError(f"{what} is used, but the pad of pin {pin} is isolated or off")

    return check
