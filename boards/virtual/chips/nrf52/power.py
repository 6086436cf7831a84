"""POWER: the register that keeps its value during a reset."""

from ticktalk.boards.virtual.chips.peripheral import Peripheral


class Power(Peripheral):
    """Stored registers."""

    def write_resetreas(self, value: int) -> None:
        self.values["RESETREAS"] &= ~value  # writing 1 clears a bit
