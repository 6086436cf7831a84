"""CLOCK: the 32 MHz crystal."""

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.nrf.tasks import TaskPeripheral
from ticktalk.boards.virtual.chips.peripheral import Clockwork

START = 1_500 * 10**6  # maximum start-up time of the crystal in picoseconds


class Clock(TaskPeripheral):
    """`crystal` states whether the crystal starts. See bus.Clocks."""

    READ_ONLY = {"HFCLKRUN": ("STATUS",), "HFCLKSTAT": ("SRC", "STATE")}

    def __init__(self, name: str, registers: dict[str, Register], core: Clockwork, crystal: bool):
        self.crystal = crystal
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self._ready_at: int | None = None

    def check_clock(self, name: str) -> None:
        """The peripherals' clocks are not controlled separately."""

    def next_change(self) -> int | None:
        return self._ready_at

    def task_hfclkstart(self) -> None:
        self.set_field("HFCLKRUN", "STATUS", 1)
        if self.crystal and self._ready_at is None:
            self._ready_at = self.core.now() + START
            self.core.at(self._ready_at, self._started)

    def task_hfclkstop(self) -> None:
        self._ready_at = None
        self.values["HFCLKRUN"] = self.values["HFCLKSTAT"] = 0

    def _started(self, time: int) -> None:
        if self._ready_at == time:
            self.values["HFCLKSTAT"] = self.registers["HFCLKSTAT"].field_mask("SRC", "STATE")
            self._ready_at = None
            self.event("HFCLKSTARTED")
