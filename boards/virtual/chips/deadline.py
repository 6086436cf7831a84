"""A deadline of a peripheral, which may be postponed or cancelled often."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.events import NEVER
from ticktalk.boards.virtual.chips.peripheral import Clockwork


class Deadline:
    """Calls `expires` at the time `time`, unless it is NEVER. There is one event at a time, because the core could not
    remove the others. For `background`, see Events."""

    def __init__(self, core: Clockwork, expires: Callable[[], None], background: bool = False):
        self._core, self._expires, self._background = core, expires, background
        self._due = NEVER  # time of the event
        self.time = NEVER

    def set(self, time: int) -> None:
        """Change the time."""
        self.time = time
        if time < self._due:
            self._schedule(time)

    def _schedule(self, time: int) -> None:
        self._due = time
        self._core.at(time, self._happens, self._background)

    def _happens(self, time: int) -> None:
        if time != self._due:
            return  # replaced by an earlier event
        self._due = NEVER
        if self.time <= time:
            self.time = NEVER
            self._expires()
        elif self.time != NEVER:
            self._schedule(self.time)
