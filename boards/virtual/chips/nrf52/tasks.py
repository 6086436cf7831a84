"""A peripheral with tasks, which are started by writing 1, and events, which raise interrupts and start other tasks."""

from collections.abc import Callable
from functools import partial

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral

TASK, EVENT = "TASKS_", "EVENTS_"
POLLS = 3  # consecutive reads of an event after which the core counts as polling, and time is skipped to the next one


class TaskPeripheral(Peripheral):
    """A subclass runs the task T with the method `task_t()`. `irq` is its interrupt, or None.

    `publish(name, event)` is called for each event, without the prefix.
    """

    def __init__(
        self,
        name: str,
        registers: dict[str, Register],
        core: Clockwork,
        irq: int | None = None,
        publish: Callable[[str, str], None] = lambda name, event: None,
    ):
        self._irq, self._publish = irq, publish
        self._polls = 0
        for register in registers:
            if register.startswith(TASK):
                setattr(self, f"write_{register.lower()}", partial(self._write_task, register))
            if register.startswith(EVENT):
                setattr(self, f"write_{register.lower()}", partial(self._write_event, register))
                setattr(self, f"read_{register.lower()}", partial(self._read_event, register))
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self._enabled = 0
        self._interrupt()

    def event(self, name: str) -> None:
        """Let the event happen."""
        self.values[EVENT + name] = 1
        self._interrupt()
        self._publish(self.name, name)

    def happened(self, name: str) -> bool:
        """Return whether the event has happened since it was last cleared."""
        return bool(self.values[EVENT + name])

    def task(self, name: str) -> None:
        """Start a task. Raises ChipError if the model does not cover it."""
        method = getattr(self, f"task_{name.lower()}", None)
        if method is None:
            raise self.error(f"{TASK}{name}: the task is not covered by the model")
        method()

    def next_change(self) -> int | None:
        """Return the time of the next event that is under way, for which a polling core waits, or None."""
        return None

    def write_intenset(self, value: int) -> None:
        self._enabled |= value
        self._interrupt()

    def write_intenclr(self, value: int) -> None:
        self._enabled &= ~value
        self._interrupt()

    def read_intenset(self) -> int:
        return self._enabled

    def read_intenclr(self) -> int:
        return self._enabled

    def write_inten(self, value: int) -> None:
        self._enabled = value
        self._interrupt()

    def read_inten(self) -> int:
        return self._enabled

    def _write_task(self, register: str, value: int) -> None:
        self._polls = 0
        if value != 1:
            raise self.error(f"{register}: write of {value:#x}, which starts nothing")
        self.task(register.removeprefix(TASK))

    def _write_event(self, register: str, value: int) -> None:
        if value:
            raise self.error(f"{register}: events started by the core are not covered by the model")
        self.values[register] = 0
        self._interrupt()

    def _read_event(self, register: str) -> int:
        self._polls = 0 if self.values[register] else self._polls + 1
        if self._polls > POLLS and (time := self.next_change()) is not None:
            self.core.wait_for(time)
        return self.values[register]

    def _interrupt(self) -> None:
        if self._irq is not None:
            fields = self.registers["INTENSET"].fields
            self.core.line(
                self._irq,
                any(self._enabled >> bit & 1 and self.values.get(EVENT + key) for key, (bit, _) in fields.items()),
            )
