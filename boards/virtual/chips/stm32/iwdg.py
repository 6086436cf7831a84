"""The independent watchdog, without its window."""

from ticktalk.boards.virtual.chips.deadline import Deadline
from ticktalk.boards.virtual.chips.errors import Reset
from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import SECOND, Clockwork, Peripheral

START, UNLOCK, RELOAD = 0xCCCC, 0x5555, 0xAAAA  # in KR
HERTZ = 32_000  # of the internal oscillator LSI
UPDATE = 5 * SECOND // HERTZ  # until a new prescaler or reload value is in use
SLOWEST = 1024  # largest divider
STATUS = {"PR": "PVU", "RLR": "RVU"}


class Iwdg(Peripheral):
    """The watchdog, which also counts while the core sleeps. Only a reset of the chip stops it."""

    READ_ONLY = {"SR": ("PVU", "RVU")}

    def __init__(self, name: str, registers: dict[str, Register], core: Clockwork):
        self._end = Deadline(core, self._expires, background=True)
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self.runs = self._open = False
        self._used = {name: self.registers[name].reset for name in STATUS}  # the values in use

    def read_kr(self) -> int:
        raise self.error("KR: cannot be read")

    def write_kr(self, value: int) -> None:
        if value not in (START, UNLOCK, RELOAD):
            raise self.error(f"KR: {value:#x} is not a key")
        self._open = value == UNLOCK
        self.runs |= value == START
        if self.runs and value != UNLOCK:
            divider = min(4 << self._used["PR"], SLOWEST)
            self._end.set(self.core.now() + (self._used["RLR"] + 1) * divider * SECOND // HERTZ)

    def write_pr(self, value: int) -> None:
        self._change("PR", value)

    def write_rlr(self, value: int) -> None:
        self._change("RLR", value)

    def write_winr(self, value: int) -> None:
        raise self.error("WINR: the window is not modelled")

    def _change(self, register: str, value: int) -> None:
        flag = STATUS[register]
        if not self._open:
            raise self.error(f"{register}: written without the key {UNLOCK:#x} in KR")
        if not self.runs:
            raise self.error(f"{register}: written before the watchdog, and thus its oscillator, runs")
        if self.field("SR", flag):
            raise self.error(f"{register}: written while SR {flag} is 1")
        self.values[register] = value
        self.set_field("SR", flag, 1)

        def taken_over(time: int) -> None:
            self._used[register] = value
            self.set_field("SR", flag, 0)

        self.core.at(self.core.now() + UPDATE, taken_over)

    def _expires(self) -> None:
        raise Reset("the watchdog resets the chip", by_watchdog=True)
