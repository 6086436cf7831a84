"""I2S in an SPI (RM0090, chapter 28.4): 16-bit stereo in Philips format, as a master fed by a DMA stream.

The pins' signals are not modelled, but their rate is, and the samples are recorded.
"""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.core import SECOND
from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral
from ticktalk.boards.virtual.chips.sound_record import SoundRecord
from ticktalk.boards.virtual.chips.stm32f4.dma import REQUESTS, Dma

FRAME_BITS = 32
STEP = 16  # frames for each event
DATA = 0x0C
TRANSMITS = {"I2SMOD": 1, "I2SCFG": 2, "PCMSYNC": 0, "I2SSTD": 0, "CKPOL": 0, "DATLEN": 0, "CHLEN": 0}


class I2s(Peripheral):
    """An SPI used as I2S. `clock_hz` returns the I2S clock. `dma` returns the controller once that has a clock."""

    READ_ONLY = {"SR": ("TIFRFE", "BSY", "OVR", "MODF", "UDR", "CHSIDE", "TXE", "RXNE")}

    def __init__(
        self,
        name: str,
        registers: dict[str, Register],
        core: Clockwork,
        base: int,
        clock_hz: Callable[[], float],
        connected: Callable[[], None],
        dma: Dma,
        record: SoundRecord,
    ):
        self._base, self._clock_hz, self._connected, self._dma, self._record = base, clock_hz, connected, dma, record
        self._run = 0  # number of times that the output has been started or stopped
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self._run += 1

    @property
    def rate(self) -> float:
        """The sample rate in hertz."""
        divider = 2 * self.field("I2SPR", "I2SDIV") + self.field("I2SPR", "ODD")
        return self._clock_hz() / (FRAME_BITS * divider)

    def write_i2spr(self, value: int) -> None:
        if self.field("I2SCFGR", "I2SE"):
            raise self.error("I2SPR: written while I2S is on")
        self.values["I2SPR"] = value
        if self.field("I2SPR", "I2SDIV") < 2:
            raise self.error(f"I2SPR: I2SDIV is {self.field('I2SPR', 'I2SDIV')}, but must be at least 2")
        if self.field("I2SPR", "MCKOE"):
            raise self.error("I2SPR: the master clock is not covered by the model")

    def write_i2scfgr(self, value: int) -> None:
        enable = self.registers["I2SCFGR"].field_mask("I2SE")
        was, self.values["I2SCFGR"] = self.values["I2SCFGR"], value
        if was & enable and (was ^ value) & ~enable:
            raise self.error("I2SCFGR: changed while I2S is on")
        if (was ^ value) & enable:
            self._run += 1
            if value & enable:
                self._start()

    def write_cr1(self, value: int) -> None:
        raise self.error("CR1: SPI mode is not covered by the model")

    def write_dr(self, value: int) -> None:
        raise self.error("DR: writing by the core is not covered by the model")

    def _start(self) -> None:
        found = {name: self.field("I2SCFGR", name) for name in TRANSMITS}
        if found != TRANSMITS:
            raise self.error(f"I2SCFGR: {found} is not covered by the model")
        self._connected()
        self._record.start(self.core.now(), self.rate)
        self._next(self.core.now(), self._run)

    def _next(self, time: int, run: int) -> None:
        def event(time: int) -> None:
            if run != self._run:
                return
            if self.field("CR2", "TXDMAEN"):
                stream, channel = REQUESTS[self.name]
                frames = self._dma.take(stream, channel, self._base + DATA, 2 * STEP, time)
                try:
                    self._record.add(frames)
                except ValueError as error:
                    raise self.error(f"DR: {error}") from None
            self._next(time, run)

        self.core.at(time + round(STEP * SECOND / self.rate), event)
