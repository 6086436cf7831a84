"""Functions for all STM32 families."""

from ticktalk.firmware_gen.errors import BuildError


def pins_of(file: str, table: str, pins: tuple[str, ...], count: int) -> str:
    """Return a C initialiser with the port and the number of each pin, such as "PB10".

    Raises BuildError if `table` of the board file does not name `count` pins.
    """
    if len(pins) != count or not all(pin.startswith("P") for pin in pins):
        raise BuildError(f"{file}: key '{table}.pins' must name {count} pins, such as \"PB10\"")
    return ", ".join(f"{{{ord(pin[1]) - ord('A')}, {int(pin[2:])}}}" for pin in pins)
