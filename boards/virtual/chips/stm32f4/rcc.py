"""Reset and clock control (RM0090, chapter 7): oscillators, PLLs, bus clocks, and clocks and resets of peripherals."""

from ticktalk.boards.virtual.chips.stm32.rcc import Rcc

HSI = 16_000_000
# Start-up times in picoseconds (DS8626, 5.3.8 to 5.3.11); those of the PLLs are maximum values.
STARTS = {"HSI": 4 * 10**6, "HSE": 2 * 10**9, "PLL": 300 * 10**6, "PLLI2S": 300 * 10**6}
PLL_INPUT = (950_000, 2_100_000)
VCO_OUTPUT = (100_000_000, 432_000_000)
LIMITS = {"the core": 168_000_000, "APB1": 42_000_000, "APB2": 84_000_000}
I2S_LIMIT = 192_000_000
ALWAYS = ("RCC", "FLASH", "IWDG")  # peripherals whose clock cannot be switched off
SOURCES = ("HSI", "HSE", "PLL")


class RccF4(Rcc):
    """See Rcc."""

    START_HZ, STARTS, ALWAYS, WATCHDOG_FLAG = HSI, STARTS, ALWAYS, "WDGRSTF"
    WAIT_HZ = 30_000_000  # at a supply voltage of 2.7 V to 3.6 V
    RESTORED = ("CFGR", "AHB1ENR", "AHB2ENR", "APB1ENR", "APB2ENR", "CR")
    KEPT_IN_CR = 2  # HSIRDY
    READ_ONLY = {
        "CR": ("HSIRDY", "HSICAL", "HSERDY", "PLLRDY", "PLLI2SRDY"),
        "CFGR": ("SWS0", "SWS1"),
        "CSR": ("LSIRDY",),
        "BDCR": ("LSERDY",),
    }

    def sound_hz(self) -> float:
        """The frequency of the I2S clock in hertz. Raises ChipError if that clock is not running."""
        if self.field("CFGR", "I2SSRC"):
            raise self.error("CFGR: selects the external I2S clock, but the board has none")
        if not self.field("CR", "PLLI2SRDY"):
            raise self.error("CR: the I2S clock is used before PLLI2SRDY")
        n = self._field("PLLI2SCFGR", "PLLI2SNx")
        return self._pll_input() * n / self._field("PLLI2SCFGR", "PLLI2SRx")

    def write_cr(self, value: int) -> None:
        self._write_oscillators(value)

    def write_pllcfgr(self, value: int) -> None:
        if self.field("CR", "PLLON") and self.changed("PLLCFGR", value):
            raise self.error("PLLCFGR: changed while the PLL is on")
        self.values["PLLCFGR"] = value

    def write_plli2scfgr(self, value: int) -> None:
        if self.field("CR", "PLLI2SON") and self.changed("PLLI2SCFGR", value):
            raise self.error("PLLI2SCFGR: changed while the PLL is on")
        self.values["PLLI2SCFGR"] = value

    def write_cfgr(self, value: int) -> None:
        self.values["CFGR"] = value
        source = self.field("CFGR", "SW0") | 2 * self.field("CFGR", "SW1")
        if source == 3:
            raise self.error("CFGR: SW is 3, which is not allowed")
        if not self.field("CR", f"{SOURCES[source]}RDY"):
            raise self.error(f"CFGR: switch to the {SOURCES[source]} before it is ready")
        self.set_field("CFGR", "SWS0", source & 1)
        self.set_field("CFGR", "SWS1", source >> 1)
        self._hertz = self._source_hz(source) >> self._ahb_shift()
        self.check_speed()
        self._set_speed(self._hertz)

    def check_speed(self) -> None:
        """Raise ChipError if a clock is too fast, or the flash has too few wait states."""
        for name, hertz in (("the core", self.core_hz()), ("APB1", self.bus_hz("APB1")), ("APB2", self.bus_hz("APB2"))):
            if hertz > LIMITS[name]:
                raise self.error(f"CFGR: {name} runs at {hertz} Hz, but may run at {LIMITS[name]} Hz")
        self._check_wait_states()

    def _must_not_run(self, source: str) -> None:
        running = SOURCES[self.field("CFGR", "SWS0") | 2 * self.field("CFGR", "SWS1")]
        feeds_pll = source == ("HSE" if self.field("PLLCFGR", "PLLSRC") else "HSI") and self.field("CR", "PLLON")
        if source == running or (running == "PLL" and feeds_pll):
            raise self.error(f"CR: the {source} is switched off, but the core runs from it")

    def _pll_input(self) -> float:
        hertz = self._crystal_hz if self.field("PLLCFGR", "PLLSRC") else HSI
        return hertz / self._field("PLLCFGR", "PLLM")

    def _check_pll(self, source: str) -> None:
        if not self.field("CR", "HSERDY" if self.field("PLLCFGR", "PLLSRC") else "HSIRDY"):
            raise self.error(f"CR: the {source} is switched on before its source is ready")
        if self._field("PLLCFGR", "PLLM") < 2:
            raise self.error("PLLCFGR: PLLM is below 2")
        n = self._field("PLLCFGR", "PLLN") if source == "PLL" else self._field("PLLI2SCFGR", "PLLI2SNx")
        hertz = self._pll_input()
        if not PLL_INPUT[0] <= hertz <= PLL_INPUT[1]:
            raise self.error(f"PLLCFGR: the {source} gets {hertz:.0f} Hz, but needs 1 to 2 MHz")
        if not VCO_OUTPUT[0] <= hertz * n <= VCO_OUTPUT[1] or not 50 <= n <= 432:
            raise self.error(
                f"PLLCFGR: the oscillator of the {source} runs at {hertz * n:.0f} Hz, but may run at 100 to 432 MHz"
            )
        if source == "PLL" and (q := self._field("PLLCFGR", "PLLQ")) < 2:
            raise self.error(f"PLLCFGR: PLLQ is {q}, but must be at least 2")
        if source == "PLLI2S":
            r = self._field("PLLI2SCFGR", "PLLI2SRx")
            if r < 2 or hertz * n / r > I2S_LIMIT:
                raise self.error(f"PLLI2SCFGR: PLLI2SR {r} is invalid, or the I2S clock exceeds {I2S_LIMIT} Hz")

    def _source_hz(self, source: int) -> int:
        if source == 0:
            return HSI
        if source == 1:
            return self._crystal_hz
        return round(self._pll_input() * self._field("PLLCFGR", "PLLN") / (2 * self._field("PLLCFGR", "PLLP") + 2))

    def _field(self, register: str, name: str) -> int:
        """Return a field that the vendor describes either as a whole or bit by bit, such as PLLM0 to PLLM5."""
        fields = self.registers[register].fields
        if name in fields:
            return self.field(register, name)
        return sum(
            (self.values[register] >> bit & 1) << int(key[len(name) :])
            for key, (bit, _) in fields.items()
            if key.startswith(name) and key[len(name) :].isdigit()
        )
