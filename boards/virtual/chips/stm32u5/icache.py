"""The instruction cache (RM0456, chapter 8), which caches code and data in flash. Its contents are not modelled."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral

INVALIDATING = 10 * 10**6  # picoseconds


class Icache(Peripheral):
    """The control of the cache. After a reset, and on request, the cache is emptied, and `emptied` is called."""

    READ_ONLY = {"SR": ("BUSYF", "BSYENDF", "ERRF")}

    def __init__(self, name: str, registers: dict[str, Register], core: Clockwork, emptied: Callable[[], None]):
        self._emptied = emptied
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self._invalidate()

    def write_cr(self, value: int) -> None:
        register = self.registers["CR"]
        if value & self.changed("CR", value) & register.field_mask("EN") and self.field("SR", "BUSYF"):
            raise self.error("CR: switched on while SR BUSYF is 1")
        if self.changed("CR", value) & register.field_mask("WAYSEL") and self.field("CR", "EN"):
            raise self.error("CR: WAYSEL is changed while the cache is on")
        self.values["CR"] = value & ~register.field_mask("CACHEINV")
        if value & register.field_mask("CACHEINV"):
            if self.field("SR", "BUSYF"):
                raise self.error("CR: CACHEINV while SR BUSYF is 1")
            self._invalidate()

    def write_fcr(self, value: int) -> None:
        if value & self.registers["FCR"].field_mask("CBSYENDF"):
            self.set_field("SR", "BSYENDF", 0)

    def _invalidate(self) -> None:
        self.set_field("SR", "BUSYF", 1)

        def ends(time: int) -> None:
            self.set_field("SR", "BUSYF", 0)
            self.set_field("SR", "BSYENDF", 1)
            self._emptied()

        self.core.at(self.core.now() + INVALIDATING, ends)
