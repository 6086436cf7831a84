"""Refuse firmware that cannot speak a sentence without a gap."""

from ticktalk.boards.board import Board
from ticktalk.estimate import NEEDS, SENTENCE
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.fit.demand import Demand
from ticktalk.fit.fit import fit
from ticktalk.runtime_sim.voice import Voice


def check_speed(voice: Voice, board: Board) -> None:
    """Raise BuildError if a board's firmware has a gap in an utterance of SENTENCE seconds. The message names voices
    without gaps.

    Boards that play no sound, or that compute any bundled voice in real time, are not checked.
    """
    if board.sound is None or all((need.real_time_factor(board) or 0) < 1 for need in NEEDS.values()):
        return
    needed = fit(Demand.of(voice, board.isa), board, ())
    too_big = needed.flash > needed.flash_limit or needed.ram > needed.ram_limit  # the export refuses it
    if too_big or needed.factor is None or needed.ahead <= needed.queue:
        return
    others = [name for name in NEEDS if name != voice.manifest["name"] and _keeps_up(name, board)]
    raise BuildError(
        f"'{voice.manifest['name']}' is too slow for {board.name}: a second of speech takes {needed.factor:.1f} s to "
        f"compute, so a sentence of {SENTENCE:.0f} s has a gap; "
        + (f"choose --voice {' or '.join(others)}" if others else "choose a smaller voice")
    )


def _keeps_up(name: str, board: Board) -> bool:
    other = fit(Demand.bundled(name, board.isa), board, ())
    return other.ahead <= other.queue
