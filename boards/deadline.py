"""A time limit for a whole update, whatever the device answers. A healthy update never reaches it.

`flash` sets one for the open port. Everything that waits for the device checks it: ports.receive and
ports.send, through which every client talks, opening the port again, and the programs that the port is lent
to.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from ticktalk.boards.errors import OverdueError
from ticktalk.boards.line import Connection, Line

FACTOR = 10  # multiple of the time that the image's bytes take on the line
GRACE = 600.0  # seconds for erasing, hashing and retries; and an emulated watch is slower than its line


class Deadline:
    """A limit that counts from its creation. `port`: an open port, whose current speed counts. `size`: bytes
    of the image."""

    def __init__(self, port: Line, size: int):
        self._port, self._size, self._began = port, size, time.monotonic()

    @property
    def seconds(self) -> float:
        """The whole limit in seconds."""
        return GRACE + FACTOR * self._size * 10 / self._port.baudrate

    @property
    def left(self) -> float:
        """Seconds left from now. Raises OverdueError if there are none."""
        left = self._began + self.seconds - time.monotonic()
        if left <= 0:
            raise OverdueError(
                f"{self._port.port}: the update has not ended after {self.seconds / 60:.0f} minutes, far more than "
                f"{self._size} bytes take at {self._port.baudrate} baud; reset the watch and run again"
            )
        return left


_deadlines: WeakKeyDictionary[Connection, Deadline] = WeakKeyDictionary()


@contextmanager
def limited(port: Line, size: int) -> Iterator[Deadline]:
    """Everything done over an open port within this `with` block ends in time, or raises OverdueError."""
    deadline = _deadlines[port] = Deadline(port, size)
    try:
        yield deadline
    finally:
        del _deadlines[port]


def in_time(port: Connection, seconds: float) -> float:
    """Return `seconds`, or fewer if less time is left for the update over this port. Raises OverdueError if
    none is left."""
    deadline = _deadlines.get(port)
    return seconds if deadline is None else min(seconds, deadline.left)
