"""TIMER as a counter or as a timeout."""

from ticktalk.boards.virtual.chips.nrf.tasks import TaskPeripheral
from ticktalk.boards.virtual.chips.peripheral import SECOND

TIMER, COUNTER, BITS_32 = 0, 2, 3
SOURCE_HZ = 16_000_000


class Timer(TaskPeripheral):
    """A 32-bit timer. Only the counter mode, and the timer mode up to CC0, are modelled."""

    def reset(self) -> None:
        super().reset()
        self._runs, self._count = False, 0
        self._starts = 0  # number of times that the timer has been started or stopped

    def task_start(self) -> None:
        if self.field("MODE", "MODE") not in (TIMER, COUNTER) or self.field("BITMODE", "BITMODE") != BITS_32:
            raise self.error("TASKS_START: only 32-bit timer and counter modes are modelled")
        self._runs = True
        self._starts += 1
        if self.field("MODE", "MODE") == TIMER:
            if self._count:
                raise self.error("TASKS_START: starting a timer that has not been cleared is not modelled")
            self._count = 1  # remains 1 until the timer is cleared
            start = self._starts
            ticks = self.values["CC0"] << self.field("PRESCALER", "PRESCALER")
            self.core.at(self.core.now() + ticks * SECOND // SOURCE_HZ, lambda time: self._compare(start))

    def task_stop(self) -> None:
        raise self.error("TASKS_STOP: the timer would keep drawing current (anomaly 78), unlike after SHUTDOWN")

    def task_shutdown(self) -> None:
        self._runs = False
        self._starts += 1

    def task_clear(self) -> None:
        self._count = 0

    def task_count(self) -> None:
        if self._runs and self.field("MODE", "MODE") == COUNTER:
            self._count = self._count + 1 & 0xFFFF_FFFF

    def task_capture0(self) -> None:
        self.values["CC0"] = self._count

    def write_mode(self, value: int) -> None:
        self._change("MODE", value)

    def write_bitmode(self, value: int) -> None:
        self._change("BITMODE", value)

    def write_prescaler(self, value: int) -> None:
        self._change("PRESCALER", value)

    def _change(self, register: str, value: int) -> None:
        if self._runs:
            raise self.error(f"{register}: changed while the timer is running")
        self.values[register] = value

    def _compare(self, start: int) -> None:
        if start == self._starts:
            self.event("COMPARE0")
