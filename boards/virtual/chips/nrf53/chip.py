"""An nRF5340 on a board: its application core in secure state. The network core stays off."""

from ticktalk.boards.virtual.chips.nrf.chip import Nrf, Router
from ticktalk.boards.virtual.chips.nrf.i2s import I2s
from ticktalk.boards.virtual.chips.nrf53.clock import FASTEST, Clock
from ticktalk.boards.virtual.chips.nrf53.dppic import Dppic
from ticktalk.boards.virtual.chips.nrf53.nvmc import Nvmc
from ticktalk.boards.virtual.chips.nrf53.reset import Cache, Reset

RESERVED = 0xFFF  # in MCKFREQ


class Nrf5340(Nrf):
    """See Nrf."""

    FACTS, START_HZ = "nrf5340", FASTEST // 2
    SOUND, WATCHDOG = "I2S0", "WDT0"
    INTERRUPTS = {"UARTE0": "SERIAL0", "UARTE1": "SERIAL1"}
    CLOCK, NVMC = Clock, Nvmc
    clocks: Clock
    flash: Nvmc

    def make_others(self) -> Router:
        self._add("RESET", Reset)
        cache = self._add("CACHE", Cache)
        self.flash.cached = lambda: bool(cache.values["ENABLE"])
        return self._add("DPPIC", Dppic)

    def master_clock(self, i2s: I2s) -> float:
        frequency = i2s.values["CONFIG_MCKFREQ"]
        if not i2s.field("CONFIG_CLKCONFIG", "CLKSRC") or i2s.field("CONFIG_CLKCONFIG", "BYPASS"):
            raise i2s.error("CONFIG_CLKCONFIG: only a divider of the audio PLL is modelled")
        if not frequency or frequency & RESERVED:
            raise i2s.error(f"CONFIG_MCKFREQ: {frequency:#x} is not a valid value")
        return self.clocks.audio_hz / ((1 << 32) // frequency)
