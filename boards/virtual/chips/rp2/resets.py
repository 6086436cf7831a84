"""RESETS: peripherals are held in reset until the firmware releases them."""

from collections.abc import Mapping

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import SECOND, Clockwork, Peripheral

RELEASE = SECOND // 10**6  # assumed time until a block is released; not in the data sheet
BY_ROM = ("IO_QSPI", "PADS_QSPI")  # blocks that the ROM releases


class Resets(Peripheral):
    """See bus.Clocks: a peripheral cannot be accessed while it is in reset. `peripherals` is filled later."""

    READ_ONLY = {"RESET_DONE": ()}

    def __init__(
        self, name: str, registers: dict[str, Register], core: Clockwork, peripherals: Mapping[str, Peripheral]
    ):
        self._peripherals = peripherals
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self._ready = dict.fromkeys(self.registers["RESET"].fields, 0)  # times
        for block in BY_ROM:
            self.set_field("RESET", block, 0)

    def check_clock(self, name: str) -> None:
        if name in self._ready and not self._is_ready(name):
            raise self.error(f"RESET: {name} is accessed while it is in reset")

    def write_reset(self, value: int) -> None:
        changed = self.changed("RESET", value)
        self.values["RESET"] = value
        for block, (bit, _) in self.registers["RESET"].fields.items():
            if changed >> bit & 1:
                self._ready[block] = self.core.now() + RELEASE
                if block in self._peripherals:
                    self._peripherals[block].reset()

    def read_reset_done(self) -> int:
        return sum(self._is_ready(block) << bit for block, (bit, _) in self.registers["RESET"].fields.items())

    def write_reset_done(self, value: int) -> None:
        raise self.error("RESET_DONE: is read-only")

    def _is_ready(self, block: str) -> bool:
        return not self.field("RESET", block) and self.core.now() >= self._ready[block]
