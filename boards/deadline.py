"""The time that a whole update may take, whatever the device answers: it does not end a healthy one, but any."""

import time

from ticktalk.boards.errors import DeviceError
from ticktalk.boards.line import Line

FACTOR = 10  # times what the image's bytes take on the line
GRACE = 600.0  # seconds: of erasing, hashing, asking again; and an emulated watch is slower than its line


class Deadline:
    """Counts from when it is made. `port`: an open one, at the speed that counts; `size`: bytes of the image."""

    def __init__(self, port: Line, size: int):
        self._name, self._size, self._baud = port.port, size, port.baudrate
        self.seconds = GRACE + FACTOR * size * 10 / self._baud
        self._end = time.monotonic() + self.seconds

    def check(self) -> None:
        """Raises DeviceError once the time is over."""
        if time.monotonic() > self._end:
            raise self.error()

    def error(self) -> DeviceError:
        """Says that the time is over."""
        return DeviceError(
            f"{self._name}: the update has not ended after {self.seconds / 60:.0f} minutes, far more than "
            f"{self._size} bytes take at {self._baud} baud; reset the watch and run again"
        )
