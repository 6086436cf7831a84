"""Power control of the STM32L4+ (RM0432, chapter 5): range 1 boost mode, backup domain access, and supply of port G."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral

NORMAL_LIMIT = 80_000_000  # maximum system clock in hertz without boost mode


class Pwr(Peripheral):
    """`system_hz` returns the frequency of the system clock."""

    READ_ONLY = {"SR1": ("WUFI", "SBF", "WUF"), "SR2": ("PVMO4", "VOSF", "REGLPF", "REGLPS")}

    def __init__(self, name: str, registers: dict[str, Register], core: Clockwork, system_hz: Callable[[], int]):
        self._system_hz = system_hz
        super().__init__(name, registers, core)

    @property
    def boost(self) -> bool:
        """Whether the system clock may be faster than NORMAL_LIMIT."""
        return not self.field("CR5", "R1MODE")

    @property
    def backup_writable(self) -> bool:
        """Whether RCC BDCR may be written."""
        return bool(self.field("CR1", "DBP"))

    @property
    def port_g(self) -> bool:
        """Whether the supply of port G is declared valid."""
        return bool(self.field("CR2", "IOSV"))

    def write_cr1(self, value: int) -> None:
        self.values["CR1"] = value
        if self.field("CR1", "VOS") != 1 or self.field("CR1", "LPR"):
            raise self.error("CR1: only voltage range 1 is modelled")

    def write_cr5(self, value: int) -> None:
        self.values["CR5"] = value
        if not self.boost and self._system_hz() > NORMAL_LIMIT:
            raise self.error(f"CR5: boost mode is switched off at {self._system_hz()} Hz, above {NORMAL_LIMIT}")
