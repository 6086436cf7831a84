"""TIMER as a counter or as a timeout, and PPI, which connects an event to a task."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.nrf52.tasks import TaskPeripheral
from ticktalk.boards.virtual.chips.peripheral import SECOND, Clockwork, Peripheral

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
            self._count = 1  # until it is cleared
            start = self._starts
            ticks = self.values["CC0"] << self.field("PRESCALER", "PRESCALER")
            self.core.at(self.core.now() + ticks * SECOND // SOURCE_HZ, lambda time: self._compare(start))

    def task_stop(self) -> None:
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


class Ppi(Peripheral):
    """`tasks` maps addresses to functions that start the tasks there, and `events` to (peripheral, event)."""

    def __init__(self, name: str, registers: dict[str, Register], core: Clockwork):
        self.tasks: dict[int, Callable[[], None]] = {}
        self.events: dict[int, tuple[str, str]] = {}
        super().__init__(name, registers, core)

    def publish(self, name: str, event: str) -> None:
        """Start the tasks that are connected to the event."""
        for channel in (0, 1):
            source = self.events.get(self.values[f"CH{channel}_EEP"])
            if self.values["CHEN"] >> channel & 1 and source == (name, event):
                self.tasks[self.values[f"CH{channel}_TEP"]]()

    def write_chenset(self, value: int) -> None:
        for channel in range(32):
            if value >> channel & 1:
                self._check(channel)
        self.values["CHEN"] |= value

    def write_chenclr(self, value: int) -> None:
        self.values["CHEN"] &= ~value

    def write_chen(self, value: int) -> None:
        self.values["CHEN"] = 0
        self.write_chenset(value)

    def _check(self, channel: int) -> None:
        if channel > 1:
            raise self.error(f"CHENSET: channel {channel} is not modelled")
        event, task = self.values[f"CH{channel}_EEP"], self.values[f"CH{channel}_TEP"]
        if event not in self.events:
            raise self.error(f"CH{channel}_EEP: {event:#x} is not an event")
        if task not in self.tasks:
            raise self.error(f"CH{channel}_TEP: {task:#x} is not a task")
