"""Reset and clock control (RM0456, chapter 11): oscillators, PLLs, bus clocks, and clocks and resets of peripherals."""

from fractions import Fraction

from ticktalk.boards.virtual.chips.stm32.rcc import Rcc
from ticktalk.boards.virtual.chips.stm32u5.pwr import Pwr

MSIS, HSI = 4_000_000, 16_000_000  # the MSIS in the range that is selected after a reset
# Start-up times in picoseconds (DS13543): maximum values, but a typical value for the crystal.
STARTS = {"MSIS": 10 * 10**6, "HSI": 4 * 10**6, "HSE": 2 * 10**9, "PLL1": 50 * 10**6, "PLL2": 50 * 10**6}
PLL_INPUT = (4_000_000, 16_000_000)
VCO_OUTPUT = (128_000_000, 544_000_000)
LIMIT = 160_000_000  # maximum frequency in hertz of a PLL's output
FRACTION = 8192
SOURCES = ("MSIS", "HSI", "HSE", "PLL1")
PLL_SOURCES = ("", "MSIS", "HSI", "HSE")
BOOSTER = (1, 2, 4, 6, 8, 10, 12, 14, 16)  # the divider for each code of PLL1MBOOST
OUTPUTS = "PQR"


class RccU5(Rcc):
    """See Rcc. The chip model sets `power` to its power controller (PWR)."""

    START_HZ, STARTS, ALWAYS, PRESCALERS = MSIS, STARTS, ("RCC", "ICACHE", "IWDG"), "CFGR2"
    STEP_HZ = 80_000_000
    RESTORED = (
        *("CR", "CFGR1", "CFGR2", "CFGR3", "PLL1CFGR", "PLL2CFGR", "AHB1ENR", "AHB2ENR1", "AHB2ENR2", "AHB3ENR"),
        *("APB1ENR1", "APB1ENR2", "APB2ENR", "APB3ENR"),
    )
    READ_ONLY = {
        "CR": ("MSISRDY", "MSIKRDY", "HSIRDY", "HSI48RDY", "SHSIRDY", "HSERDY", "PLL1RDY", "PLL2RDY", "PLL3RDY"),
        "CFGR1": ("SWS",),
    }
    power: Pwr

    def reset(self) -> None:
        super().reset()
        self._fractions = {"PLL1": 0, "PLL2": 0}  # the fraction of each PLL when FRACEN was set

    def system_hz(self) -> int:
        """The system clock in hertz, from which the AHB clock is divided."""
        return self._system

    def booster_hz(self) -> int:
        """The frequency of the booster's clock in hertz, or 0 if it is not running."""
        source = PLL_SOURCES[self.field("PLL1CFGR", "PLL1SRC")]
        if not source or not self.field("CR", f"{source}RDY"):
            return 0
        return self._oscillator_hz(source) // BOOSTER[self.field("PLL1CFGR", "PLL1MBOOST")]

    def sound_hz(self) -> float:
        if self.field("CCIPR2", "SAI1SEL"):
            raise self.error("CCIPR2: clocks other than PLL2 are not modelled for the SAI")
        if not (self.field("CR", "PLL2RDY") and self.field("PLL2CFGR", "PLL2PEN")):
            raise self.error("CR: the SAI's clock is used before PLL2RDY, or PLL2PEN is 0")
        return float(self._vco("PLL2") / (self.field("PLL2DIVR", "PLL2P") + 1))

    def wait_hz(self) -> int:
        return self.power.wait_hz

    def write_cr(self, value: int) -> None:
        self._write_oscillators(value)
        if self.field("CR", "PLL3ON") or self.field("CR", "MSIPLLEN") or not self.field("CR", "MSIKON"):
            raise self.error("CR: PLL3, trimming of the MSI and stopping the MSIK are not modelled")

    def write_pll1cfgr(self, value: int) -> None:
        if self.power.boosts and self.changed("PLL1CFGR", value) & self.registers["PLL1CFGR"].field_mask(
            "PLL1SRC", "PLL1MBOOST"
        ):
            raise self.error("PLL1CFGR: PLL1SRC or PLL1MBOOST is changed while the booster is on")
        self._configure("PLL1", value)

    def write_pll2cfgr(self, value: int) -> None:
        self._configure("PLL2", value)

    def write_pll1divr(self, value: int) -> None:
        self._divide("PLL1", value)

    def write_pll2divr(self, value: int) -> None:
        self._divide("PLL2", value)

    def write_cfgr1(self, value: int) -> None:
        self.values["CFGR1"] = value
        source = self.field("CFGR1", "SW")
        if not self.field("CR", f"{SOURCES[source]}RDY"):
            raise self.error(f"CFGR1: switch to the {SOURCES[source]} before it is ready")
        if source == 3 and not self.field("PLL1CFGR", "PLL1REN"):
            raise self.error("CFGR1: switch to PLL1 while PLL1CFGR PLL1REN is 0")
        self.set_field("CFGR1", "SWS", source)
        before = self._system
        self._system = self._output("PLL1", "R") if source == 3 else self._oscillator_hz(SOURCES[source])
        self._change_speed(before)

    def write_cfgr2(self, value: int) -> None:
        self.values["CFGR2"] = value
        self._change_speed(self._system)

    def check_speed(self) -> None:
        if self._system > self.power.limit:
            raise self.error(f"CFGR1: the system clock is {self._system} Hz, but may be {self.power.limit} Hz")
        self._check_wait_states()

    def _change_speed(self, before: int) -> None:
        self._hertz = self._system >> self._ahb_shift()
        self._check_step(before)
        self.check_speed()
        self._set_speed(self._hertz)

    def _configure(self, pll: str, value: int) -> None:
        name = f"{pll}CFGR"
        register = self.registers[name]
        free = register.field_mask(f"{pll}FRACEN", *(f"{pll}{output}EN" for output in OUTPUTS))
        if self.field("CR", f"{pll}ON") and self.changed(name, value) & ~free:
            raise self.error(f"{name}: changed while the PLL is on")
        if self.changed(name, value) & value & register.field_mask(f"{pll}FRACEN"):
            self._fractions[pll] = self.field(f"{pll}FRACR", f"{pll}FRACN")
        self.values[name] = value

    def _divide(self, pll: str, value: int) -> None:
        if self.field("CR", f"{pll}ON") and self.changed(f"{pll}DIVR", value):
            raise self.error(f"{pll}DIVR: changed while the PLL is on")
        self.values[f"{pll}DIVR"] = value

    def _must_not_run(self, source: str) -> None:
        running = SOURCES[self.field("CFGR1", "SWS")]
        fed = [pll for pll in ("PLL1", "PLL2") if self._pll_source(pll) == source and self.field("CR", f"{pll}ON")]
        if source == running or fed or (self.power.boosts and self._pll_source("PLL1") == source):
            raise self.error(f"CR: the {source} is switched off, but it is in use")

    def _check_pll(self, source: str) -> None:
        feed = self._pll_source(source)
        if not feed or not self.field("CR", f"{feed}RDY"):
            raise self.error(f"CR: the {source} is switched on before its source is ready")
        hertz, code = self._pll_input(source), self.field(f"{source}CFGR", f"{source}RGE")
        low, high = (8_000_000, PLL_INPUT[1]) if code == 3 else (PLL_INPUT[0], 8_000_000)
        if not low <= hertz <= high:
            raise self.error(f"{source}CFGR: the {source} gets {float(hertz):.0f} Hz, but {source}RGE is {code}")
        n, vco = self.field(f"{source}DIVR", f"{source}N") + 1, self._vco(source)
        if not VCO_OUTPUT[0] <= vco <= VCO_OUTPUT[1] or not 4 <= n <= 512:
            raise self.error(
                f"{source}DIVR: the oscillator of the {source} runs at {float(vco):.0f} Hz, but may run at 128 to "
                "544 MHz"
            )
        for output in OUTPUTS:
            if self.field(f"{source}CFGR", f"{source}{output}EN") and self._output(source, output) > LIMIT:
                raise self.error(f"{source}DIVR: output {output} runs at {self._output(source, output)} Hz")

    def _pll_source(self, pll: str) -> str:
        return PLL_SOURCES[self.field(f"{pll}CFGR", f"{pll}SRC")]

    def _pll_input(self, pll: str) -> Fraction:
        return Fraction(self._oscillator_hz(self._pll_source(pll)), self.field(f"{pll}CFGR", f"{pll}M") + 1)

    def _vco(self, pll: str) -> Fraction:
        fraction = self._fractions[pll] if self.field(f"{pll}CFGR", f"{pll}FRACEN") else 0
        return self._pll_input(pll) * (self.field(f"{pll}DIVR", f"{pll}N") + 1 + Fraction(fraction, FRACTION))

    def _output(self, pll: str, output: str) -> int:
        return round(self._vco(pll) / (self.field(f"{pll}DIVR", f"{pll}{output}") + 1))

    def _oscillator_hz(self, name: str) -> int:
        return {"MSIS": MSIS, "HSI": HSI, "HSE": self._crystal_hz}[name]
