"""Power control (RM0456, chapter 10): voltage ranges, the EPOD booster and the regulators."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral

RANGES = {3: 1, 2: 2, 1: 3, 0: 4}  # voltage range by the code of VOS
LIMITS = {1: 160_000_000, 2: 110_000_000, 3: 55_000_000, 4: 25_000_000}  # system clock in hertz, by range
UNBOOSTED = 55_000_000  # maximum system clock in hertz without the booster
WAIT_HZ = {1: 32_000_000, 2: 30_000_000, 3: 24_000_000, 4: 8_000_000}  # core clock for each flash wait state
SETTLING = 50 * 10**6  # picoseconds until a voltage, the booster or a regulator is ready


class Pwr(Peripheral):
    """`system_hz` returns the frequency of the system clock, and `booster_hz` that of the booster's clock, or 0 if that
    is not running."""

    READ_ONLY = {
        "VOSR": ("USBBOOSTRDY", "BOOSTRDY", "VOSRDY"),
        "SVMSR": ("REGS", "PVDO", "ACTVOSRDY", "ACTVOS", "VDDUSBRDY", "VDDIO2RDY", "VDDA1RDY", "VDDA2RDY"),
    }

    def __init__(
        self,
        name: str,
        registers: dict[str, Register],
        core: Clockwork,
        system_hz: Callable[[], int],
        booster_hz: Callable[[], int],
    ):
        self._system_hz, self._booster_hz = system_hz, booster_hz
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self._before = 4  # the voltage range before the last change
        self._changes = {"VOSRDY": 0, "BOOSTRDY": 0, "REGS": 0}  # number of times that each change has been started

    @property
    def range(self) -> int:
        """The voltage range. While the voltage rises, the previous range applies."""
        return RANGES[self.field("VOSR", "VOS")] if self.field("VOSR", "VOSRDY") else self._before

    @property
    def limit(self) -> int:
        """The maximum system clock in hertz."""
        return min(LIMITS[self.range], LIMITS[1] if self.field("VOSR", "BOOSTRDY") else UNBOOSTED)

    @property
    def wait_hz(self) -> int:
        """The increase in core clock frequency that requires one more flash wait state."""
        return WAIT_HZ[self.range]

    @property
    def boosts(self) -> bool:
        """Whether the booster is on."""
        return bool(self.field("VOSR", "BOOSTEN"))

    @property
    def port_g(self) -> bool:
        """Whether the supply of port G is declared valid."""
        return bool(self.field("SVMCR", "IO2SV"))

    def write_cr3(self, value: int) -> None:
        changed = self.changed("CR3", value)
        self.values["CR3"] = value
        if changed & self.registers["CR3"].field_mask("REGSEL"):
            self._after("SVMSR", "REGS", self.field("CR3", "REGSEL"))

    def write_vosr(self, value: int) -> None:
        changed = self.changed("VOSR", value)
        boost, scale = self.registers["VOSR"].field_mask("BOOSTEN"), self.registers["VOSR"].field_mask("VOS")
        self._before = self.range
        self.values["VOSR"] = value
        if changed & scale and self._before > RANGES[self.field("VOSR", "VOS")]:
            self.set_field("VOSR", "VOSRDY", 0)
            self._after("VOSR", "VOSRDY", 1)
        if changed & boost:
            if value & boost:
                self._start_booster()
            else:
                self._changes["BOOSTRDY"] += 1
                self.set_field("VOSR", "BOOSTRDY", 0)
        if self._system_hz() > self.limit:
            raise self.error(f"VOSR: the system clock is {self._system_hz()} Hz, but may be {self.limit} Hz")

    def _start_booster(self) -> None:
        hertz = self._booster_hz()
        if not 4_000_000 <= hertz <= 16_000_000:
            raise self.error(f"VOSR: BOOSTEN is set, but the booster's clock has {hertz} Hz instead of 4 to 16 MHz")
        if self.range > 2:
            raise self.error(f"VOSR: BOOSTEN is set in voltage range {self.range}")
        self._after("VOSR", "BOOSTRDY", 1)

    def _after(self, register: str, field: str, value: int) -> None:
        """Set a field after SETTLING, unless this method is called again for the same field in the meantime."""
        self._changes[field] += 1
        number = self._changes[field]

        def event(time: int) -> None:
            if number == self._changes[field]:
                self.set_field(register, field, value)

        self.core.at(self.core.now() + SETTLING, event)
