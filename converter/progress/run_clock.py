"""Report the current stage and the estimated remaining time of a long run every few seconds.

with RunClock(60 * minutes, report) as clock:
    clock.stage("synthesis", rest=clock.limit / 2)
    clock.advance(done, total)              # as often as you like
"""

import threading
import time
from collections.abc import Callable
from typing import Self

EVERY = 5.0  # seconds between reports
GUESSED = 60.0  # estimated duration of a stage, in seconds, until its speed is known


def spoken(seconds: float) -> str:
    """Format a duration for display: 42 s, 3:05 min, 1.6 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 5400:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{seconds / 3600:.1f} h"


class RunClock:
    """Tracks the stages and the duration of a run.

    `limit` is the maximum duration of the run in seconds, or None. `show(line, share)` is called from a separate
    thread, where `share` is the elapsed fraction of the total time, 0 to 1.
    """

    def __init__(self, limit: float | None, show: Callable[[str, float], None], every: float = EVERY):
        self.limit, self._show, self._every = limit, show, every
        self.began = self._stage_began = time.monotonic()
        self._name, self._detail, self._rest = "starting", "", 0.0
        self._share = self._completed = 0.0  # completed fraction of the stage, 0 to 1: now, and when it started
        self._expected = 0.0
        self._lock, self._over = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="run clock")

    def __enter__(self) -> Self:
        self.tell()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def elapsed(self) -> float:
        """Seconds since the run started."""
        return time.monotonic() - self.began

    def stage(
        self, name: str, detail: str = "", rest: float = 0.0, expected: float = 0.0, completed: float = 0.0
    ) -> None:
        """Start the next stage.

        rest: the estimated time, in seconds, of all later stages. expected: that of this stage, which counts until its
        pace is known. completed: the fraction of the stage that was completed before, 0 to 1.
        """
        with self._lock:
            self._name, self._detail, self._rest, self._expected = name, detail, rest, expected
            self._share = self._completed = completed
            self._stage_began = time.monotonic()
        self.tell()

    def advance(self, done: float, total: float, detail: str = "") -> None:
        """Record the progress of the current stage."""
        with self._lock:
            self._share, self._detail = (done / total if total else 0.0), detail or f"{done:g} of {total:g}"

    def left(self) -> float:
        """Return the remaining seconds of the run: the time until its limit, or the estimate if that is longer."""
        spent = time.monotonic() - self._stage_began
        if self._share > self._completed:
            own = spent * (1 - self._share) / (self._share - self._completed)
        elif self._expected:
            own = max(self._expected - spent, 0.0)
        elif self.limit is None or self.elapsed > self.limit:
            own = max(GUESSED, spent)
        else:
            own = 0.0
        known = own + self._rest
        return known if self.limit is None else max(known, self.limit - self.elapsed)

    def tell(self) -> None:
        """Report the progress now."""
        with self._lock:
            left, spent = self.left(), self.elapsed
            detail = f" ({self._detail})" if self._detail else ""
            line = f"{self._name}{detail}: {spoken(spent)} so far, "
            if self.limit is not None and spent > self.limit and not self._share:
                line += f"{spoken(spent - self.limit)} over the time limit, which this stage cannot meet"
            else:
                line += f"about {spoken(left)} left"
        self._show(line, spent / (spent + left) if spent + left > 0 else 0.0)

    def _beat(self) -> None:
        while not self._over.wait(self._every):
            self.tell()
