"""An nRF52840 on a board."""

from ticktalk.boards.virtual.chips.errors import RomStarted
from ticktalk.boards.virtual.chips.nrf.chip import Nrf, Router
from ticktalk.boards.virtual.chips.nrf.clock import Clock
from ticktalk.boards.virtual.chips.nrf.i2s import I2s
from ticktalk.boards.virtual.chips.nrf52.nvmc import Nvmc
from ticktalk.boards.virtual.chips.nrf52.power import Power
from ticktalk.boards.virtual.chips.nrf52.ppi import Ppi
from ticktalk.boards.virtual.chips.peripheral import Peripheral

MCK_SOURCE = 32_000_000
TO_USB_DRIVE = 0x57  # in the retained register, for Adafruit's boot loader


class Nrf52840(Nrf):
    """See Nrf."""

    FACTS, START_HZ = "nrf52840", 64_000_000
    SOUND, WATCHDOG = "I2S", "WDT"
    CLOCK, NVMC = Clock, Nvmc

    def make_others(self) -> Router:
        self._power = self._add("POWER", Power)
        self._add("SYSTEM", Peripheral)
        return self._add("PPI", Ppi)

    def master_clock(self, i2s: I2s) -> float:
        dividers = {value: divider for divider, value in self._facts.values["dividers of 32 MHz"].items()}
        frequency = i2s.values["CONFIG_MCKFREQ"]
        if frequency not in dividers:
            raise i2s.error(f"CONFIG_MCKFREQ: {frequency:#x} is not documented")
        return MCK_SOURCE / dividers[frequency]

    def _reset_requested(self) -> None:
        if self._board.uf2 and self._power.values["GPREGRET"] == TO_USB_DRIVE:
            raise RomStarted
        super()._reset_requested()
