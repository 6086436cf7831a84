"""XOSC, the system PLL, and CLOCKS, which selects the source of the core's clock."""

from ticktalk.boards.virtual.chips.core import Core
from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import SECOND, Clockwork, Peripheral

CRYSTAL = 12_000_000
ENABLE, RANGE = 0xFAB, 0xAA0  # fields of CTRL, for a 1 to 15 MHz crystal
LOCK = SECOND // 10_000  # typical time until the PLL has locked
SWITCH = SECOND // 10**6  # assumed time until a new source is selected; not in the data sheet
STARTUP_UNIT = 256
LEAST_STARTUP = 1_000 * 10**6  # picoseconds: 1 ms
VCO = 750_000_000, 1_600_000_000
FEEDBACK = 16, 320
REF_RING, REF_CRYSTAL = 0, 2


class Xosc(Peripheral):
    """The crystal oscillator. `crystal` states whether the crystal starts."""

    READ_ONLY = {"STATUS": ("STABLE", "ENABLED", "FREQ_RANGE")}

    def __init__(self, name: str, registers: dict[str, Register], core: Clockwork, crystal: bool):
        self._crystal = crystal
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self._stable_at: int | None = None

    @property
    def stable(self) -> bool:
        """Whether the oscillator can be used."""
        return self._crystal and self._stable_at is not None and self.core.now() >= self._stable_at

    def write_ctrl(self, value: int) -> None:
        self.values["CTRL"] = value
        if (self.field("CTRL", "ENABLE"), self.field("CTRL", "FREQ_RANGE")) != (ENABLE, RANGE):
            raise self.error(f"CTRL: {value:#x} does not start a 12 MHz crystal")
        delay = self.values["STARTUP"] * STARTUP_UNIT * SECOND // CRYSTAL
        if delay < LEAST_STARTUP:
            raise self.error(f"STARTUP: {delay // 10**6} microseconds are too short for a crystal")
        if self._stable_at is None:
            self._stable_at = self.core.now() + delay

    def read_status(self) -> int:
        if self._crystal and self._stable_at is not None and not self.stable:
            self.core.wait_for(self._stable_at)
        self.set_field("STATUS", "STABLE", self.stable)
        self.set_field("STATUS", "ENABLED", self._stable_at is not None)
        return self.values["STATUS"]


class Pll(Peripheral):
    """The system PLL, which multiplies the crystal's frequency."""

    READ_ONLY = {"CS": ("LOCK",)}

    def __init__(self, name: str, registers: dict[str, Register], core: Clockwork, xosc: Xosc):
        self._xosc = xosc
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self._locked_at: int | None = None

    @property
    def vco(self) -> int:
        """The oscillator's frequency in hertz."""
        return CRYSTAL * self.values["FBDIV_INT"] // max(1, self.field("CS", "REFDIV"))

    @property
    def hertz(self) -> int:
        """The output's frequency in hertz. Raises ChipError if there is no output."""
        if not self._locked() or self.field("PWR", "POSTDIVPD") or not self._xosc.stable:
            raise self.error("PWR: the PLL is selected as a clock, but has no output")
        return self.vco // self.field("PRIM", "POSTDIV1") // self.field("PRIM", "POSTDIV2")

    def write_cs(self, value: int) -> None:
        self._off("CS", value)

    def write_fbdiv_int(self, value: int) -> None:
        self._off("FBDIV_INT", value)

    def write_pwr(self, value: int) -> None:
        self.values["PWR"] = value
        if self.field("PWR", "PD") or self.field("PWR", "VCOPD"):
            self._locked_at = None
        elif self._locked_at is None:
            if not FEEDBACK[0] <= self.values["FBDIV_INT"] <= FEEDBACK[1] or not VCO[0] <= self.vco <= VCO[1]:
                raise self.error(f"FBDIV_INT: an oscillator of {self.vco} Hz is out of range")
            if not self._xosc.stable:
                raise self.error("PWR: the PLL is started without the crystal oscillator")
            self._locked_at = self.core.now() + LOCK
        if not self.field("PWR", "POSTDIVPD") and not self._locked():
            raise self.error("PWR: the dividers are switched on before the PLL has locked")

    def write_prim(self, value: int) -> None:
        if not self.field("PWR", "POSTDIVPD"):
            raise self.error("PRIM: changed while the dividers are on")
        self.values["PRIM"] = value
        if self.field("PRIM", "POSTDIV1") < self.field("PRIM", "POSTDIV2") or not self.field("PRIM", "POSTDIV2"):
            raise self.error(f"PRIM: {value:#x} is out of range")

    def read_cs(self) -> int:
        if self._locked_at is not None:
            self.core.wait_for(self._locked_at)
        self.set_field("CS", "LOCK", self._locked())
        return self.values["CS"]

    def _locked(self) -> bool:
        return self._locked_at is not None and self.core.now() >= self._locked_at

    def _off(self, register: str, value: int) -> None:
        if self._locked_at is not None:
            raise self.error(f"{register}: changed while the PLL runs")
        self.values[register] = value


class Clocks(Peripheral):
    """The sources of the reference clock and of the system clock. The ROM leaves the system clock on the ring
    oscillator.

    `ring` is the ring oscillator's frequency, and `fastest` the highest frequency of the system clock, in hertz.
    """

    core: Core

    def __init__(
        self, name: str, registers: dict[str, Register], core: Core, xosc: Xosc, pll: Pll, ring: int, fastest: int
    ):
        self._xosc, self._pll, self._ring, self._fastest = xosc, pll, ring, fastest
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self._switched = {"CLK_REF_CTRL": 0, "CLK_SYS_CTRL": 0}  # times
        self.system_hz = self._ring

    @property
    def reference_hz(self) -> int:
        """The frequency of the reference clock in hertz."""
        return CRYSTAL if self.field("CLK_REF_CTRL", "SRC") == REF_CRYSTAL else self._ring

    @property
    def peripheral_hz(self) -> int:
        """The frequency of the UART's clock in hertz."""
        if not self.field("CLK_PERI_CTRL", "ENABLE") or self.field("CLK_PERI_CTRL", "AUXSRC"):
            raise self.error("CLK_PERI_CTRL: the UART is used without a clock, or with a source that is not modelled")
        return self.system_hz

    def write_clk_ref_ctrl(self, value: int) -> None:
        self._switch("CLK_REF_CTRL", value)
        source = self.field("CLK_REF_CTRL", "SRC")
        if source not in (REF_RING, REF_CRYSTAL) or (source == REF_CRYSTAL and not self._xosc.stable):
            raise self.error(f"CLK_REF_CTRL: source {source} is not running or not modelled")
        self._apply()

    def write_clk_sys_ctrl(self, value: int) -> None:
        aux = self.registers["CLK_SYS_CTRL"].field_mask("AUXSRC")
        if self.changed("CLK_SYS_CTRL", value) & aux and not self._done("CLK_SYS_CTRL", 0):
            raise self.error("CLK_SYS_CTRL: AUXSRC is changed while it is in use")
        self._switch("CLK_SYS_CTRL", value)
        self._apply()

    def read_clk_ref_selected(self) -> int:
        source = self.field("CLK_REF_CTRL", "SRC")
        return self._done("CLK_REF_CTRL", source) << source

    def read_clk_sys_selected(self) -> int:
        source = self.field("CLK_SYS_CTRL", "SRC")
        return self._done("CLK_SYS_CTRL", source) << source

    def _switch(self, register: str, value: int) -> None:
        source = self.registers[register].field_mask("SRC")
        if self.changed(register, value) & source:
            self._switched[register] = self.core.now() + SWITCH
        self.values[register] = value

    def _done(self, register: str, source: int) -> bool:
        return self.field(register, "SRC") == source and self.core.now() >= self._switched[register]

    def _apply(self) -> None:
        self.system_hz = self._selected_hz()
        if self.system_hz > self._fastest:
            raise self.error(f"CLK_SYS_CTRL: {self.system_hz} Hz is above {self._fastest}")
        self.core.set_speed(self.system_hz)

    def _selected_hz(self) -> int:
        if not self.field("CLK_SYS_CTRL", "SRC"):
            return self.reference_hz
        match self.field("CLK_SYS_CTRL", "AUXSRC"):
            case 0:
                return self._pll.hertz
            case 2:
                return self._ring
        raise self.error(f"CLK_SYS_CTRL: {self.values['CLK_SYS_CTRL']:#x} is not modelled")
