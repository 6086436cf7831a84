"""The bytes from the host, which arrive at a chip's UART one at a time."""

from collections import deque
from collections.abc import Callable

from ticktalk.boards.virtual.chips.peripheral import Clockwork


class Incoming:
    """The bytes in transit. `arrives(byte, early)` is called for each byte, `byte_time` picoseconds after the
    previous one.

    `strikes(kind)` returns whether a byte arrives too early, at the same time as the previous one.
    """

    def __init__(
        self, core: Clockwork, byte_time: int, strikes: Callable[[str], bool], arrives: Callable[[int, bool], None]
    ):
        self._core, self._byte_time, self._strikes, self._arrives = core, byte_time, strikes, arrives
        self._coming: deque[tuple[int, int]] = deque()  # bytes, each with its delay after the previous one
        self._last = 0  # arrival time of the last byte

    @property
    def idle(self) -> bool:
        """Whether no byte is in transit."""
        return not self._coming

    def add(self, data: bytes) -> None:
        """Add bytes that arrive after those already in transit."""
        for byte in data:
            spacing = 0 if self._strikes("overrun") else self._byte_time
            if not self._coming:
                self._last = max(self._core.now(), self._last)
                self._core.at(self._last + spacing, self._next)
            self._coming.append((spacing, byte))

    def _next(self, time: int) -> None:
        self._last = time
        spacing, byte = self._coming.popleft()
        if self._coming:
            self._core.at(time + self._coming[0][0], self._next)
        self._arrives(byte, not spacing)
