"""Estimate the time on a real board from counts on the emulated board with the same core.

If the board file describes the caches of the flash, the counts include how often the core waits for it. Otherwise,
wait states are added as in ticktalk.fit: the weights are read from flash each time, because they do not fit in a cache.
"""

from dataclasses import asdict, dataclass, replace

from ticktalk.bench.measure import Measurement, per
from ticktalk.boards.board import Board, all_boards
from ticktalk.boards.errors import BoardError
from ticktalk.estimate import waits


@dataclass(frozen=True)
class OnBoard:
    """The estimate for one inference or utterance. `wait_cycles` is None if the board file has no flash timing.

    `factor` is the computing time per second of speech, or None for a model.
    """

    board: str
    clock_hz: int
    cycles: int
    wait_cycles: int | None
    milliseconds: float
    factor: float | None

    def as_dict(self) -> dict:
        """Return the estimate as an object for JSON."""
        return asdict(self)

    def told(self) -> str:
        """Return the estimate as a sentence."""
        waiting = (
            f", including {self.wait_cycles:,} of waiting for flash"
            if self.wait_cycles is not None
            else " without flash wait states, which are not in the board file"
        )
        speech = f", {self.factor:.2f} s per second of speech" if self.factor is not None else ""
        return (
            f"estimated for {self.board}: {self.cycles:,} cycles{waiting}; "
            f"{self.milliseconds:.2f} ms at {self.clock_hz / 1e6:.0f} MHz{speech}"
        )


def emulated(board: Board) -> Board:
    """Return the emulated board that counts instructions for `board`: `board` itself, or one with the same core.

    Raises BoardError if there is none.
    """
    if board.qemu is not None:
        return board
    for other in all_boards():
        if other.qemu is not None and other.core == board.core:
            return replace(other, flash_timing=board.flash_timing)  # which the code generator takes into account
    raise BoardError(
        f"{board.name}: instructions are counted on emulated boards, but none of them has a {board.core}; see "
        "`ticktalk fit` for an estimate"
    )


def on_board(measurement: Measurement, board: Board) -> OnBoard:
    """Return the estimate for a measurement on the emulated board with the same core."""
    if board.flash_timing is not None and measurement.waits:
        waiting: float | None = sum(measurement.waits) * board.flash_timing.wait_states
    else:
        waiting = waits(measurement.read_bytes, board)
    wait_cycles = None if waiting is None else round(waiting)
    cycles = (measurement.cycles or 0) + (wait_cycles or 0)
    seconds = cycles / board.clock_hz
    return OnBoard(board.name, board.clock_hz, cycles, wait_cycles, 1e3 * seconds, per(seconds, measurement.seconds))
