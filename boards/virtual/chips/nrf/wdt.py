"""The watchdog WDT."""

from ticktalk.boards.virtual.chips.core import Core
from ticktalk.boards.virtual.chips.errors import Reset
from ticktalk.boards.virtual.chips.nrf.tasks import TaskPeripheral
from ticktalk.boards.virtual.chips.peripheral import SECOND

HERTZ = 32_768
RELOAD = 0x6E52_4635
LEAST = 0xF  # in CRV


class Wdt(TaskPeripheral):
    """The watchdog. Only one reload register is modelled. The watchdog pauses while the core sleeps."""

    READ_ONLY = {"REQSTATUS": tuple(f"RR{n}" for n in range(8))}
    core: Core

    def task_start(self) -> None:
        if self.field("CONFIG", "SLEEP") or self.values["RREN"] != 1:
            raise self.error("TASKS_START: SLEEP in CONFIG and several reload registers are not modelled")
        self.values["RUNSTATUS"] = self.registers["RUNSTATUS"].mask
        self._reload()

    def _read_only(self) -> dict[str, tuple[str, ...]]:
        return self.READ_ONLY | {"RUNSTATUS": tuple(self.registers["RUNSTATUS"].fields)}

    def write_crv(self, value: int) -> None:
        self._locked("CRV")
        if value < LEAST:
            raise self.error(f"CRV: {value} is below {LEAST}")
        self.values["CRV"] = value

    def write_config(self, value: int) -> None:
        self._locked("CONFIG")
        self.values["CONFIG"] = value

    def write_rren(self, value: int) -> None:
        self._locked("RREN")
        self.values["RREN"] = value

    def write_rr0(self, value: int) -> None:
        if value != RELOAD:
            raise self.error(f"RR0: {value:#010x} is not the value that reloads the watchdog")
        if self.values["RUNSTATUS"]:
            self._reload()

    def _locked(self, register: str) -> None:
        if self.values["RUNSTATUS"]:
            raise self.error(f"{register}: written while the watchdog is running")

    def _reload(self) -> None:
        self.core.set_alarm(self.core.awake() + (self.values["CRV"] + 1) * SECOND // HERTZ, self._expire)

    def _expire(self) -> None:
        raise Reset("the watchdog resets the chip")
