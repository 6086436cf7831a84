"""A port. Only the directions of pins and the levels of outputs are modelled."""

from ticktalk.boards.virtual.chips.peripheral import Peripheral


class Gpio(Peripheral):
    """One port."""

    READ_ONLY = {"OUT": ()}

    def write_outset(self, value: int) -> None:
        self.values["OUT"] |= value

    def write_outclr(self, value: int) -> None:
        self.values["OUT"] &= ~value

    def read_outset(self) -> int:
        return self.values["OUT"]

    def read_outclr(self) -> int:
        return self.values["OUT"]

    def output(self, number: int) -> int | None:
        """Return the level of an output, or None if the pin is an input or belongs to another core."""
        driven = self._owned(number) and self.field(f"PIN_CNF{number}", "DIR")
        return self.values["OUT"] >> number & 1 if driven else None

    def listens(self, number: int) -> bool:
        """Return whether the pin is an input that is connected."""
        register = f"PIN_CNF{number}"
        return self._owned(number) and not self.field(register, "DIR") and not self.field(register, "INPUT")

    def _owned(self, number: int) -> bool:
        """Return whether the pin belongs to this core. Some chips have a second core."""
        register = f"PIN_CNF{number}"
        return "MCUSEL" not in self.registers[register].fields or not self.field(register, "MCUSEL")
