"""A queue of events in order of time."""

import heapq
from collections.abc import Callable

Event = Callable[[int], None]
NEVER = 1 << 62


class Events:
    """A queue. Events with the same time occur in the order in which they were added."""

    def __init__(self) -> None:
        self._queue: list[tuple[int, int, Event, bool]] = []
        self._number = 0
        self._foreground = 0

    def add(self, time: int, event: Event, background: bool = False) -> None:
        """Add an event. Background events go on forever without changing anything, such as feeding a watchdog."""
        self._number += 1
        self._foreground += not background
        heapq.heappush(self._queue, (time, self._number, event, background))

    @property
    def next(self) -> int:
        """The time of the first event, or NEVER."""
        return self._queue[0][0] if self._queue else NEVER

    @property
    def idle(self) -> bool:
        """Whether there are no events, or only background events."""
        return not self._foreground

    def happen(self, now: int) -> None:
        """Call every event that is due, and pass it the time for which it was scheduled."""
        while self._queue and self._queue[0][0] <= now:
            time, _, event, background = heapq.heappop(self._queue)
            self._foreground -= not background
            event(time)
