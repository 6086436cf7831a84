"""A deadline for a whole update, which applies even if the device keeps responding.

`flash` sets the deadline for an open port. All operations that wait for the device check the deadline: `ports.receive`,
`ports.send`, reopening the port, and running an external tool on the port. A healthy update never reaches the deadline.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from ticktalk.boards.errors import OverdueError
from ticktalk.boards.line import Connection, Line

FACTOR = 10  # maximum duration as a multiple of the image's transmission time
GRACE = 600.0  # additional seconds for erasing, hashing, retries and slow emulation


class Deadline:
    """A deadline whose time starts when this object is created.

    The limit depends on `size`, the number of bytes in the image, and on the current baud rate of `port`.
    """

    def __init__(self, port: Line, size: int):
        self._port, self._size, self._began = port, size, time.monotonic()

    @property
    def seconds(self) -> float:
        """The total time allowed, in seconds."""
        return GRACE + FACTOR * self._size * 10 / self._port.baudrate

    @property
    def left(self) -> float:
        """The time left, in seconds. Raises `OverdueError` if no time is left."""
        left = self._began + self.seconds - time.monotonic()
        if left <= 0:
            raise OverdueError(
                f"{self._port.port}: the update has not finished after {self.seconds / 60:.0f} minutes, far longer "
                f"than {self._size} bytes take at {self._port.baudrate} baud; reset the watch and run the command again"
            )
        return left


_deadlines: WeakKeyDictionary[Connection, Deadline] = WeakKeyDictionary()


@contextmanager
def limited(port: Line, size: int) -> Iterator[Deadline]:
    """Set a deadline for all operations on `port` in the `with` block. Later operations raise `OverdueError`."""
    deadline = _deadlines[port] = Deadline(port, size)
    try:
        yield deadline
    finally:
        del _deadlines[port]


def in_time(port: Connection, seconds: float) -> float:
    """Return `seconds`, limited to the time left before the deadline of `port`.

    Raises `OverdueError` if the deadline has passed.
    """
    deadline = _deadlines.get(port)
    return seconds if deadline is None else min(seconds, deadline.left)
