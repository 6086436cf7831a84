"""I2S, a mode of the SPI peripheral (RM0090, chapter 28.4)."""

from ticktalk.boards.virtual.chips.sound_stream import STEP
from ticktalk.boards.virtual.chips.stm32.sound import SoundOutput
from ticktalk.boards.virtual.chips.stm32f4.dma import REQUESTS, DmaF4

FRAME_BITS = 32
TRANSMITS = {"I2SMOD": 1, "I2SCFG": 2, "PCMSYNC": 0, "I2SSTD": 0, "CKPOL": 0, "DATLEN": 0, "CHLEN": 0}


class I2s(SoundOutput[DmaF4]):
    """An SPI used as I2S. See SoundOutput."""

    READ_ONLY = {"SR": ("TIFRFE", "BSY", "OVR", "MODF", "UDR", "CHSIDE", "TXE", "RXNE")}
    ENABLE, DATA = ("I2SCFGR", "I2SE"), (0x0C, "DR")

    @property
    def rate(self) -> float:
        divider = 2 * self.field("I2SPR", "I2SDIV") + self.field("I2SPR", "ODD")
        return self._clock_hz() / (FRAME_BITS * divider)

    def write_i2spr(self, value: int) -> None:
        if self.field("I2SCFGR", "I2SE"):
            raise self.error("I2SPR: written while I2S is on")
        self.values["I2SPR"] = value
        if self.field("I2SPR", "I2SDIV") < 2:
            raise self.error(f"I2SPR: I2SDIV is {self.field('I2SPR', 'I2SDIV')}, but must be at least 2")
        if self.field("I2SPR", "MCKOE"):
            raise self.error("I2SPR: the master clock is not modelled")

    def write_i2scfgr(self, value: int) -> None:
        enable = self.registers["I2SCFGR"].field_mask("I2SE")
        was, self.values["I2SCFGR"] = self.values["I2SCFGR"], value
        if was & enable and (was ^ value) & ~enable:
            raise self.error("I2SCFGR: changed while I2S is on")
        self._switched(was)

    def write_cr1(self, value: int) -> None:
        raise self.error("CR1: SPI mode is not modelled")

    def write_dr(self, value: int) -> None:
        raise self.error("DR: writes by the core are not modelled")

    def _check(self) -> None:
        found = {name: self.field("I2SCFGR", name) for name in TRANSMITS}
        if found != TRANSMITS:
            raise self.error(f"I2SCFGR: {found} is not modelled")

    def _frames(self, time: int) -> bytes | None:
        if not self.field("CR2", "TXDMAEN"):
            return None
        stream, channel = REQUESTS[self.name]
        return self._dma.take(stream, channel, self._address, 2 * STEP, time)
