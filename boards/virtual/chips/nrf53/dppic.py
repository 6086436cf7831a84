"""DPPIC: events are published on channels, to which tasks subscribe."""

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.nrf.tasks import TaskPeripheral
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral

PUBLISH, SUBSCRIBE = "PUBLISH_", "SUBSCRIBE_"


class Dppic(Peripheral):
    """The channels. Groups are not modelled."""

    def __init__(self, name: str, registers: dict[str, Register], core: Clockwork):
        self._connected: dict[str, TaskPeripheral] = {}
        self._subscriptions: list[tuple[TaskPeripheral, str]] = []  # (peripheral, register)
        super().__init__(name, registers, core)

    def connect(self, peripherals: list[tuple[int, TaskPeripheral]]) -> None:
        """Add the tasks and events of `peripherals`, a list of (base address, peripheral)."""
        self._connected = {peripheral.name: peripheral for _, peripheral in peripherals}
        self._subscriptions = [
            (peripheral, register)
            for peripheral in self._connected.values()
            for register in peripheral.registers
            if register.startswith(SUBSCRIBE)
        ]

    def publish(self, name: str, event: str) -> None:
        """Start the tasks that subscribe to the channel of the event."""
        channel = _channel(self._connected[name], PUBLISH + event)
        if channel is None or not self.values["CHEN"] >> channel & 1:
            return
        for peripheral, register in self._subscriptions:
            if _channel(peripheral, register) == channel:
                peripheral.task(register.removeprefix(SUBSCRIBE))

    def write_chenset(self, value: int) -> None:
        self.values["CHEN"] |= value

    def write_chenclr(self, value: int) -> None:
        self.values["CHEN"] &= ~value


def _channel(peripheral: TaskPeripheral, register: str) -> int | None:
    """Return the channel that the register selects, or None if the channel is switched off or does not exist."""
    if register not in peripheral.registers or not peripheral.field(register, "EN"):
        return None
    return peripheral.field(register, "CHIDX")
