"""The time that a whole update may take, whatever the device answers: it does not end a healthy one, but any.

`flash` makes one, for the open port, and everything that waits for the device asks it: ports.receive and ports.send,
through which every client talks, opening the port again, and the programs that the port is lent to."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from ticktalk.boards.errors import OverdueError
from ticktalk.boards.line import Connection, Line

FACTOR = 10  # times what the image's bytes take on the line
GRACE = 600.0  # seconds: of erasing, hashing, asking again; and an emulated watch is slower than its line


class Deadline:
    """Counts from when it is made. `port`: an open one, whose speed counts, the one that is set now; `size`: bytes of
    the image."""

    def __init__(self, port: Line, size: int):
        self._port, self._size, self._began = port, size, time.monotonic()

    @property
    def seconds(self) -> float:
        """In all."""
        return GRACE + FACTOR * self._size * 10 / self._port.baudrate

    @property
    def left(self) -> float:
        """Seconds from now on. Raises OverdueError when there are none."""
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
    """Whatever is done over an open port within this `with` ends in time, or in OverdueError."""
    deadline = _deadlines[port] = Deadline(port, size)
    try:
        yield deadline
    finally:
        del _deadlines[port]


def in_time(port: Connection, seconds: float) -> float:
    """So many seconds, or those that are left for the update over this port. Raises OverdueError when there are
    none."""
    deadline = _deadlines.get(port)
    return seconds if deadline is None else min(seconds, deadline.left)
