"""PPI, which connects an event to a task."""

from collections.abc import Callable
from functools import partial

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.nrf.tasks import EVENT, TASK, TaskPeripheral
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral


class Ppi(Peripheral):
    """`tasks` maps addresses to functions that start the tasks there, and `events` maps addresses to (peripheral,
    event)."""

    def __init__(self, name: str, registers: dict[str, Register], core: Clockwork):
        self.tasks: dict[int, Callable[[], None]] = {}
        self.events: dict[int, tuple[str, str]] = {}
        super().__init__(name, registers, core)

    def connect(self, peripherals: list[tuple[int, TaskPeripheral]]) -> None:
        """Add the tasks and events of `peripherals`, a list of (base address, peripheral)."""
        for base, peripheral in peripherals:
            for register in peripheral.registers.values():
                if register.name.startswith(TASK):
                    task = register.name.removeprefix(TASK)
                    self.tasks[base + register.offset] = partial(peripheral.task, task)
                if register.name.startswith(EVENT):
                    self.events[base + register.offset] = peripheral.name, register.name.removeprefix(EVENT)

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
