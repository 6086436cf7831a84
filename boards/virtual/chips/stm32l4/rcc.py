"""Reset and clock control (RM0432, chapter 6): oscillators, PLLs, bus clocks, and clocks and resets of peripherals."""

from ticktalk.boards.virtual.chips.stm32.rcc import Rcc
from ticktalk.boards.virtual.chips.stm32l4.pwr import NORMAL_LIMIT, Pwr

MSI = 4_000_000  # frequency in range 6, which is selected after a reset
TRIMMED = 122 * 32_768  # MSI, trimmed by the crystal
HSI = 16_000_000
# Start-up times in picoseconds (DS12023, 6.3.7 to 6.3.9): maximum values, but a typical value for the crystal.
STARTS = {"MSI": 10 * 10**6, "HSI": 5 * 10**6, "PLL": 40 * 10**6, "PLLSAI1": 40 * 10**6}
CRYSTAL_START = 2 * 10**12
PLL_INPUT = (2_660_000, 16_000_000)
VCO_OUTPUT = (64_000_000, 344_000_000)
LIMIT = 120_000_000  # maximum frequency in hertz of the core, the buses and the SAI
POLLS = 3  # after this many reads of BDCR, the core is assumed to be polling, and time skips until the crystal is ready
SOURCES = ("MSI", "HSI", "HSE", "PLL")
RANGE_SELECTED = 8  # MSIRGSEL in CR, which firmware cannot clear


class RccL4(Rcc):
    """See Rcc. The chip assigns the power control to `power`."""

    START_HZ, STARTS, ALWAYS = MSI, STARTS, ("RCC", "IWDG")
    WAIT_HZ, STEP_HZ = 20_000_000, NORMAL_LIMIT  # RM0432, 5.1.8
    RESTORED = ("CFGR", "AHB1ENR", "AHB2ENR", "AHB3ENR", "APB1ENR1", "APB1ENR2", "APB2ENR", "CR")
    KEPT_IN_CR = RANGE_SELECTED
    READ_ONLY = {
        "CR": ("MSIRDY", "HSIRDY", "HSERDY", "PLLRDY", "PLLSAI1RDY", "PLLSAI2RDY"),
        "CFGR": ("SWS",),
        "BDCR": ("LSERDY", "LSECSSD"),
        "CSR": ("LSIRDY", "FWRSTF", "OBLRSTF", "PINRSTF", "BORRSTF", "SFTRSTF", "IWDGRSTF", "WWDGRSTF", "LPWRRSTF"),
    }
    power: Pwr

    def reset(self) -> None:
        super().reset()
        self._crystal_ready = self._polls = 0  # time at which the crystal is ready; reads of BDCR until then

    def system_hz(self) -> int:
        """The system clock in hertz. The AHB clock is derived from the system clock."""
        return self._system

    def sound_hz(self) -> float:
        if self.field("CCIPR2", "SAI1SEL"):
            raise self.error("CCIPR2: clocks other than PLLSAI1 are not modelled for the SAI")
        if not (self.field("CR", "PLLSAI1RDY") and self.field("PLLSAI1CFGR", "PLLSAI1PEN")):
            raise self.error("CR: the SAI's clock is used before PLLSAI1RDY, or PLLSAI1PEN is 0")
        return self._vco("PLLSAI1") / self.field("PLLSAI1CFGR", "PLLSAI1PDIV")

    def write_cr(self, value: int) -> None:
        changed = self.changed("CR", value)
        value |= self.values["CR"] & RANGE_SELECTED
        if changed & self.registers["CR"].field_mask("MSIRANGE") and not self.field("CR", "MSIRDY"):
            raise self.error("CR: MSIRANGE is changed before the MSI is ready")
        if changed & value & self.registers["CR"].field_mask("MSIPLLEN") and not self.field("BDCR", "LSERDY"):
            raise self.error("CR: MSIPLLEN is set before the crystal is ready")
        self._write_oscillators(value)
        if self.field("CR", "MSIRANGE") != 6 or self.field("CR", "HSEON") or self.field("CR", "PLLSAI2ON"):
            raise self.error("CR: MSI ranges other than 6, the HSE and PLLSAI2 are not modelled")

    def read_bdcr(self) -> int:
        if not self.field("BDCR", "LSERDY") and self._crystal_ready:
            self._polls += 1
            if self._polls > POLLS:
                self.core.wait_for(self._crystal_ready)
        return self.values["BDCR"]

    def write_bdcr(self, value: int) -> None:
        if not self.power.backup_writable:
            raise self.error("BDCR: written while PWR CR1 DBP is 0")
        started = self.changed("BDCR", value) & value & 1
        self.values["BDCR"] = value
        if started and self._crystal_hz:
            self._crystal_ready = self.core.now() + CRYSTAL_START
            self.core.at(self._crystal_ready, lambda time: self.set_field("BDCR", "LSERDY", 1))

    def write_pllcfgr(self, value: int) -> None:
        if (self.field("CR", "PLLON") or self.field("CR", "PLLSAI1ON")) and self.changed("PLLCFGR", value):
            raise self.error("PLLCFGR: changed while a PLL is on")
        self.values["PLLCFGR"] = value

    def write_pllsai1cfgr(self, value: int) -> None:
        if self.field("CR", "PLLSAI1ON") and self.changed("PLLSAI1CFGR", value):
            raise self.error("PLLSAI1CFGR: changed while the PLL is on")
        self.values["PLLSAI1CFGR"] = value

    def write_cfgr(self, value: int) -> None:
        self.values["CFGR"] = value
        source = self.field("CFGR", "SW")
        if not self.field("CR", f"{SOURCES[source]}RDY"):
            raise self.error(f"CFGR: switch to the {SOURCES[source]} before it is ready")
        if source == 3 and not self.field("PLLCFGR", "PLLREN"):
            raise self.error("CFGR: switch to the PLL while PLLCFGR PLLREN is 0")
        self.set_field("CFGR", "SWS", source)
        before, self._system = self._system, self._source_hz(source)
        self._hertz = self._system >> self._ahb_shift()
        if self._system > NORMAL_LIMIT and not self.power.boost:
            raise self.error(f"CFGR: {self._system} Hz requires boost mode, but PWR CR5 R1MODE is 1")
        self._check_step(before)
        self.check_speed()
        self._set_speed(self._hertz)

    def check_speed(self) -> None:
        for name, hertz in (("the core", self.core_hz()), ("the PLL", self._system)):
            if hertz > LIMIT:
                raise self.error(f"CFGR: {name} runs at {hertz} Hz, but may run at {LIMIT} Hz")
        self._check_wait_states()

    def _must_not_run(self, source: str) -> None:
        running = SOURCES[self.field("CFGR", "SWS")]
        feeds_pll = source == self._pll_source() and (self.field("CR", "PLLON") or self.field("CR", "PLLSAI1ON"))
        if source == running or feeds_pll:
            raise self.error(f"CR: the {source} is switched off, but it is in use")

    def _check_pll(self, source: str) -> None:
        feed = self._pll_source()
        if not feed or not self.field("CR", f"{feed}RDY"):
            raise self.error(f"CR: the {source} is switched on before its source is ready")
        hertz = self._pll_input(source)
        if not PLL_INPUT[0] <= hertz <= PLL_INPUT[1]:
            raise self.error(f"{source}CFGR: the {source} gets {hertz:.0f} Hz, but needs 2.66 to 16 MHz")
        n, vco = self.field(f"{source}CFGR", f"{source}N"), self._vco(source)
        if not VCO_OUTPUT[0] <= vco <= VCO_OUTPUT[1] or not 8 <= n <= 127:
            raise self.error(
                f"{source}CFGR: the oscillator of the {source} runs at {vco:.0f} Hz, but may run at 64 to 344 MHz"
            )
        if source == "PLLSAI1":
            p = self.field("PLLSAI1CFGR", "PLLSAI1PDIV")
            if p < 2 or vco / p > LIMIT:
                raise self.error(f"PLLSAI1CFGR: PLLSAI1PDIV {p} is invalid, or the SAI's clock exceeds {LIMIT} Hz")

    def _pll_source(self) -> str:
        return ("", "MSI", "HSI", "HSE")[self.field("PLLCFGR", "PLLSRC")]

    def _pll_input(self, source: str) -> float:
        return self._oscillator_hz(self._pll_source()) / (self.field(f"{source}CFGR", f"{source}M") + 1)

    def _vco(self, source: str) -> float:
        return self._pll_input(source) * self.field(f"{source}CFGR", f"{source}N")

    def _oscillator_hz(self, name: str) -> int:
        return (TRIMMED if self.field("CR", "MSIPLLEN") else MSI) if name == "MSI" else HSI

    def _source_hz(self, source: int) -> int:
        if source != 3:
            return self._oscillator_hz(SOURCES[source])
        return round(self._vco("PLL") / (2 * self.field("PLLCFGR", "PLLR") + 2))
