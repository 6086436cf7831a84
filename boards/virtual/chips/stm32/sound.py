"""The sound output of an STM32: 16-bit stereo in Philips format, as a master fed by DMA.

Each family has a different sound peripheral.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral
from ticktalk.boards.virtual.chips.sound_record import SoundRecord
from ticktalk.boards.virtual.chips.sound_stream import SoundStream
from ticktalk.boards.virtual.chips.stm32.dma import Dma

Controller = TypeVar("Controller", bound=Dma)


class SoundOutput(Peripheral, Generic[Controller]):
    """`clock_hz` returns the frequency of the output's clock, and `dma` is its DMA controller.

    A subclass defines ENABLE, the (register, field) that enables the output, and DATA, the (offset, name) of the data
    register.
    """

    ENABLE = ("", "")
    DATA = (0, "")

    def __init__(
        self,
        name: str,
        registers: dict[str, Register],
        core: Clockwork,
        base: int,
        clock_hz: Callable[[], float],
        connected: Callable[[], None],
        dma: Controller,
        record: SoundRecord,
    ):
        self._address = base + self.DATA[0]
        self._clock_hz, self._connected, self._dma = clock_hz, connected, dma
        self._stream = SoundStream(self, record, self._frames, self.DATA[1])
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self._stream.stop()

    @property
    def rate(self) -> float:
        """The sample rate in hertz."""
        raise NotImplementedError

    def _check(self) -> None:
        """Raise ChipError if the output is started with invalid settings, or with settings that are not modelled."""
        raise NotImplementedError

    def _frames(self, time: int) -> bytes | None:
        """Return the samples of the next STEP frames, or None if the output does not request data."""
        raise NotImplementedError

    def _switched(self, was: int) -> None:
        """Start or stop the output if the enable bit differs from that in `was`, the register's previous value."""
        register, field = self.ENABLE
        if (was ^ self.values[register]) & self.registers[register].field_mask(field):
            self._stream.stop()
            if self.field(register, field):
                self._check()
                self._connected()
                self._stream.start(self.rate)
