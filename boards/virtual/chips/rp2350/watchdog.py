"""The watchdog, which counts microseconds of TICKS, and PSM, which defines what the watchdog resets."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.core import Core
from ticktalk.boards.virtual.chips.errors import Reset
from ticktalk.boards.virtual.chips.events import NEVER
from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import SECOND, Peripheral

HERTZ = 1_000_000
KEPT = ("ROSC", "XOSC")  # not reset, because the reset would stop the clock


class Ticks(Peripheral):
    """The generator of the watchdog's ticks."""

    READ_ONLY = {"WATCHDOG_CTRL": ("RUNNING",)}

    def write_watchdog_cycles(self, value: int) -> None:
        if self.field("WATCHDOG_CTRL", "ENABLE"):
            raise self.error("WATCHDOG_CYCLES: changed while the ticks are on")
        self.values["WATCHDOG_CYCLES"] = value


class Watchdog(Peripheral):
    """The watchdog. `reference_hz` returns the frequency of the reference clock."""

    core: Core

    def __init__(
        self,
        name: str,
        registers: dict[str, Register],
        core: Core,
        ticks: Ticks,
        power: Peripheral,
        reference_hz: Callable[[], int],
    ):
        self._ticks, self._power, self._reference_hz = ticks, power, reference_hz
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self._left = 0  # microseconds, while the watchdog is off
        self._ends = 0  # the time the core spends awake, while the watchdog is on

    @property
    def runs(self) -> bool:
        """Whether the watchdog counts."""
        return bool(self.field("CTRL", "ENABLE"))

    def write_load(self, value: int) -> None:
        self._left = value
        if self.runs:
            self._run()

    def write_ctrl(self, value: int) -> None:
        if value & self.registers["CTRL"].field_mask("TRIGGER"):
            raise self.error("CTRL: TRIGGER is not modelled")
        ran, self.values["CTRL"] = self.runs, value
        if self.runs and not ran:
            self._run()
        elif ran and not self.runs:
            self._left = max(0, self._ends - self.core.awake()) * HERTZ // SECOND
            self.core.set_alarm(NEVER, self._expire)

    def _run(self) -> None:
        cycles = self._ticks.values["WATCHDOG_CYCLES"]
        if not self._ticks.field("WATCHDOG_CTRL", "ENABLE") or self._reference_hz() != cycles * HERTZ:
            raise self.error(f"CTRL: counts ticks of {cycles} cycles of {self._reference_hz()} Hz, not microseconds")
        whole = self._power.registers["WDSEL"]
        if self._power.values["WDSEL"] != whole.mask & ~whole.field_mask(*KEPT):
            raise self.error("CTRL: PSM WDSEL must select everything except the oscillators")
        self._ends = self.core.awake() + self._left * SECOND // HERTZ
        self.core.set_alarm(self._ends, self._expire)

    def _expire(self) -> None:
        raise Reset("the watchdog resets the chip")
