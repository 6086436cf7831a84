"""A basic timer of an STM32 that counts once to its limit."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.deadline import Deadline
from ticktalk.boards.virtual.chips.events import NEVER
from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import SECOND, Clockwork, Peripheral


class OneShot(Peripheral):
    """The timer in its one-pulse mode. `clock_hz` returns the frequency of its clock. For `background`, see Events."""

    def __init__(
        self,
        name: str,
        registers: dict[str, Register],
        core: Clockwork,
        irq: int,
        clock_hz: Callable[[], int],
        background: bool = False,
    ):
        self._irq, self._clock_hz = irq, clock_hz
        self._end = Deadline(core, self._expires, background)
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self._end.set(NEVER)
        self._prescaler = 0  # copied from PSC by UG
        self._at_zero = True
        self.core.line(self._irq, False)

    def read_cnt(self) -> int:
        raise self.error("CNT: reading the counter is not modelled")

    def write_egr(self, value: int) -> None:
        if not self.field("CR1", "URS"):
            raise self.error("EGR: UG with an interrupt (CR1 URS is 0) is not modelled")
        self._prescaler, self._at_zero = self.values["PSC"], True

    def write_sr(self, value: int) -> None:
        self.values["SR"] &= value  # writing 0 clears a bit
        self._interrupt()

    def write_dier(self, value: int) -> None:
        self.values["DIER"] = value
        self._interrupt()

    def write_cr1(self, value: int) -> None:
        started = self.changed("CR1", value) & self.registers["CR1"].field_mask("CEN")
        self.values["CR1"] = value
        if not started:
            return
        self._end.set(NEVER)
        if self.field("CR1", "CEN"):
            if not self.field("CR1", "OPM") or not self._at_zero:
                raise self.error("CR1: only counting once from 0 is modelled")
            self._at_zero = False
            ticks = (self.values["ARR"] + 1) * (self._prescaler + 1)
            self._end.set(self.core.now() + ticks * SECOND // self._clock_hz())

    def _expires(self) -> None:
        self._at_zero = True
        self.set_field("CR1", "CEN", 0)
        self.set_field("SR", "UIF", 1)
        self._interrupt()

    def _interrupt(self) -> None:
        self.core.line(self._irq, bool(self.field("SR", "UIF") and self.field("DIER", "UIE")))
