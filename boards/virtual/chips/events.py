"""A queue of events in order of time."""

import heapq
from collections.abc import Callable

Event = Callable[[int], None]
NEVER = 1 << 62


class Events:
    """A queue. Events with the same time occur in the order in which they were added."""

    def __init__(self) -> None:
        self._queue: list[tuple[int, int, Event]] = []
        self._number = 0

    def add(self, time: int, event: Event) -> None:
        """Add an event."""
        self._number += 1
        heapq.heappush(self._queue, (time, self._number, event))

    @property
    def next(self) -> int:
        """The time of the first event, or NEVER."""
        return self._queue[0][0] if self._queue else NEVER

    def happen(self, now: int) -> None:
        """Call every event that is due, and pass it the time for which it was scheduled."""
        while self._queue and self._queue[0][0] <= now:
            time, _, event = heapq.heappop(self._queue)
            event(time)
