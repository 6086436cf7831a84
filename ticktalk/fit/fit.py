"""Estimate whether a voice fits on a board, whether the board is fast enough, and how long a battery lasts.

The memory sizes are those of an export. The sources of the other figures are in docs/reference/fit.md.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ticktalk.boards.board import Board
from ticktalk.estimate import SENTENCE, has_gaps, queue_of, samples_ahead, waits
from ticktalk.firmware_gen.project.device import flash_limit, stack_bytes
from ticktalk.firmware_gen.project.report import CODE_BYTES, GLUE_BYTES
from ticktalk.fit.demand import Demand

BATTERY_MAH = 200
PATIENCE = 1.0  # maximum seconds to the first sound of a recommended voice


@dataclass(frozen=True)
class Fit:
    """The estimate for a voice on a board.

    flash, ram: bytes, with the language pack `pack`, or without one if `pack` is None.
    factor: computing time in seconds per second of speech, or None if no core like this one has been measured.
        `wait_factor` is the part of `factor` that is spent waiting for the weights, or None if the board file does not
        describe the timing of the flash.
    first: seconds from a text of ten words to its first samples, or None if this was not counted.
    burst_ms: maximum time between two samples of an utterance, or None.
    longest: seconds of the longest utterance that must be spoken without a gap.
    ahead: samples that must be computed before that utterance begins. `queue` is the number of samples that the
    firmware can hold or, for a library, that fit in the remaining RAM.
    before: samples that are computed before playback begins. Firmware with a sound output fills its queue, unless the
        text ends earlier; a library is assumed to compute `ahead` samples.
    start: seconds from that utterance's text to its first sound: `first`, and the time to compute `before` samples.
    least_mhz: the lowest clock frequency at which the board computes speech in real time.
    charge_uah: charge in microampere-hours that the chip draws from the battery to compute a second of speech, or None
        if its current is unknown. The current is assumed to be proportional to the clock frequency.
    hours: hours of speech from BATTERY_MAH.
    problem: the reason why the board cannot speak with this voice, or "".
    """

    board: str
    voice: str
    mhz: float
    pack: str | None
    flash: int
    flash_limit: int
    ram: int
    ram_limit: int
    factor: float | None
    wait_factor: float | None
    first: float | None
    burst_ms: float | None
    longest: float
    ahead: int
    before: int
    queue: int
    start: float | None
    least_mhz: float | None
    charge_uah: float | None
    hours: float | None
    problem: str

    def as_dict(self) -> dict:
        """Return all fields for JSON."""
        return asdict(self)


def fit(
    demand: Demand,
    board: Board,
    packs: Sequence[tuple[str, int, int]],
    longest: float = SENTENCE,
    clock_hz: int | None = None,
) -> Fit:
    """Return the estimate of a voice on a board, at a different clock frequency if given.

    `demand` contains the voice's needs on the board's instruction set, and `packs` its language packs. `longest`
    is the length of an utterance in seconds.
    """
    voice, clock = demand.voice, clock_hz or board.clock_hz
    pack, flash, ram = _sizes(demand, board, packs)
    limit = flash_limit(board)
    cycles, waiting = demand.cycles(board), waits(demand.read_bytes, board)
    factor = None if cycles is None else (cycles + (waiting or 0)) / clock
    first = demand.first(board)
    queue, rate = queue_of(board, ram), voice.manifest["sample_rate"]
    ahead = samples_ahead(factor, longest, rate)
    before = min(queue, int(longest * rate)) if board.sound else ahead
    charge = None
    if factor is not None and board.power is not None:
        charge = factor * clock / board.clock_hz * board.power.active_ua / 3600
    return Fit(
        board=board.name,
        voice=voice.manifest["name"],
        mhz=clock / 1e6,
        pack=pack,
        flash=flash,
        flash_limit=limit,
        ram=ram,
        ram_limit=board.ram.size,
        factor=factor,
        wait_factor=None if waiting is None else waiting / clock,
        first=None if first is None else first / clock,
        burst_ms=_burst(demand, board, clock),
        longest=longest,
        ahead=ahead,
        before=before,
        queue=queue,
        start=None if first is None or factor is None else first / clock + before / rate * factor,
        least_mhz=None if cycles is None else (cycles + (waiting or 0)) / 1e6,
        charge_uah=charge,
        hours=None if charge is None else BATTERY_MAH / (charge * 3.6),
        problem=_problem(board, flash, limit, ram, ahead, queue, longest),
    )


def recommended(fits: Sequence[Fit], scores: dict[str, float]) -> Fit | None:
    """Return the fit of the voice with the highest score among those that can speak on a board, or None. A voice
    whose speed is unknown is not recommended.

    Voices that start within PATIENCE are preferred.
    """
    able = [each for each in fits if not each.problem and each.factor is not None]
    return max(
        able,
        key=lambda each: (each.start is None or each.start <= PATIENCE, scores.get(each.voice, 0.0)),
        default=None,
    )


def _sizes(demand: Demand, board: Board, packs: Sequence[tuple[str, int, int]]) -> tuple[str | None, int, int]:
    """Return (pack, flash, RAM) with the first pack that fits, or without one."""
    queue = 2 * board.sound.queue if board.sound else 0
    for name, flash, ram in (*packs, (None, 0, 0)):
        flash += demand.library.constants + CODE_BYTES
        ram += demand.library.memory + GLUE_BYTES + queue + stack_bytes(library=False, text=name is not None)
        if name is None or (flash <= flash_limit(board) and ram <= board.ram.size):
            break
    return name, flash, ram


def _burst(demand: Demand, board: Board, clock: int) -> float | None:
    """Return the longest time between two samples in milliseconds."""
    per_instruction = demand.cycles_per_instruction(board)
    if demand.burst is None or per_instruction is None:
        return None
    return 1e3 * demand.burst.pause * per_instruction / clock


def _problem(board: Board, flash: int, limit: int, ram: int, ahead: int, queue: int, longest: float) -> str:
    if not board.has_speaker:
        return f"no speaker ({board.audio})"
    if flash > limit:
        return f"too big: {flash} bytes of flash, but the slot has {limit}"
    if ram > board.ram.size:
        return f"too big: {ram} bytes of RAM, but the board has {board.ram.size}"
    if has_gaps(board, ahead, queue):
        return (
            f"too slow: an utterance of {longest:.1f} s has a gap unless {ahead} samples are computed before it "
            f"begins, but only {queue} can be held"
        )
    return ""
