"""The samples that a chip's sound output plays."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.peripheral import SECOND, Peripheral
from ticktalk.boards.virtual.chips.sound_record import SoundRecord

STEP = 16  # frames per event


class SoundStream:
    """The samples of `output`. The sample rate is modelled and all samples are recorded, but the signals on the pins
    are not modelled.

    `frames(time)` returns the samples of the next STEP frames, or None if the output does not request data. `data` is
    the name of the data register.
    """

    def __init__(self, output: Peripheral, record: SoundRecord, frames: Callable[[int], bytes | None], data: str):
        self._output, self._record, self._frames, self._data = output, record, frames, data
        self._run = 0  # number of times that the output has been started or stopped

    def start(self, rate: float) -> None:
        """Play `rate` frames per second."""
        self.stop()
        core = self._output.core
        self._record.start(core.now(), rate)
        self._next(core.now(), self._run, rate)

    def stop(self) -> None:
        """Stop immediately."""
        self._run += 1

    def _next(self, time: int, run: int, rate: float) -> None:
        def event(time: int) -> None:
            if run != self._run:
                return
            frames = self._frames(time)
            if frames is not None:
                try:
                    self._record.add(frames)
                except ValueError as error:
                    raise self._output.error(f"{self._data}: {error}") from None
            self._next(time, run, rate)

        self._output.core.at(time + round(STEP * SECOND / rate), event)
