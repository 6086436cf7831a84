"""The resources that the bundled voices need, measured on the emulated boards (docs/measurements/bench.md).

The figures are constants so that `ticktalk boards` responds immediately, without loading or compiling anything.
"""

from dataclasses import dataclass, field
from math import ceil

from ticktalk.boards.board import Board

SENTENCE = 5.0  # seconds; a board must speak an utterance of this length without a gap
SAMPLE_RATE = 16_000  # of the bundled voices


@dataclass(frozen=True)
class Need:
    """The resources that one voice needs, as reported by `ticktalk verify` and `ticktalk bench`.

    flash: bytes of its MCUboot image without a language pack.
    ram: bytes of data, arena and stack.
    macs: multiply-adds per second of speech.
    speed: core or ISA -> (instructions per multiply-add, cycles per instruction). The core takes precedence.
    read: ISA -> bytes of weights read per second of speech.
    first: ISA -> instructions until the first samples of a text of about ten words (maximum of all counts).

    `ticktalk bench` reports which timing tables the cycles are from. rp2040js counts the cycles of a Cortex-M0+. A
    Cortex-M33 is assumed to be as fast as an M4.
    """

    flash: int
    ram: int
    macs: int
    speed: dict[str, tuple[float, float]]
    read: dict[str, int]
    first: dict[str, int] = field(default_factory=dict)

    def fits(self, board: Board) -> bool:
        """Return whether the image fits in the slot and the data fits in RAM."""
        return self.flash <= board.code_limit and self.ram <= board.ram.size

    def cycles(self, board: Board) -> float | None:
        """Return the core's cycles per second of speech without flash wait states.

        Returns None if neither this core nor another core with the same instruction set has been measured.
        """
        measured = self.speed.get(board.core) or self.speed.get(board.isa)
        if measured is None:
            return None
        instructions, cycles = measured
        return self.macs * instructions * cycles

    def real_time_factor(self, board: Board) -> float | None:
        """Return the computing time, in seconds, per second of speech, or None if the core was not measured. If the
        result is below 1, the board is fast enough.

        Flash wait states are included if the board file describes them.
        """
        cycles = self.cycles(board)
        return None if cycles is None else (cycles + (waits(self.read[board.isa], board) or 0)) / board.clock_hz

    def verdict(self, board: Board) -> str:
        """Return "no speaker", "too big", "too slow", "fits" if the speed is unknown, or the real-time factor."""
        if not board.has_speaker:
            return "no speaker"
        if not self.fits(board):
            return "too big"
        factor = self.real_time_factor(board)
        if factor is None:
            return "fits"
        slow = has_gaps(board, samples_ahead(factor, SENTENCE, SAMPLE_RATE), queue_of(board, self.ram))
        return "too slow" if slow else f"{factor:.2f}"

    def first_sound(self, board: Board) -> float | None:
        """Return the seconds from a text of about ten words to its first samples, or None if the core is not measured.

        If the instructions have not been counted on this instruction set, those counted on a different one are
        multiplied by the ratio of instructions per multiply-add.
        """
        measured = self.speed.get(board.core) or self.speed.get(board.isa)
        if measured is None:
            return None
        isa = board.isa if board.isa in self.first else next(iter(self.first))
        return self.first[isa] * measured[0] / self.speed[isa][0] * measured[1] / board.clock_hz


def waits(read_bytes: int, board: Board) -> float | None:
    """Return the cycles that the core waits for `read_bytes` of weights, or None if the flash's timing is unknown.

    Weights do not stay in a cache until they are read again, so every read of `line_bytes` has to wait. Code is
    assumed to come from the cache or from prefetched lines.
    """
    if board.flash_timing is None:
        return None
    return read_bytes / board.flash_timing.line_bytes * board.flash_timing.wait_states


def samples_ahead(factor: float | None, seconds: float, rate: int) -> int:
    """Return how many samples must be computed before an utterance of `seconds` begins, to avoid gaps."""
    return 0 if factor is None or factor <= 1 else ceil(seconds * (1 - 1 / factor) * rate)


def queue_of(board: Board, ram: int) -> int:
    """Return the number of samples that the firmware can hold or, for a library with `ram` bytes, that fit in the
    remaining RAM."""
    return board.sound.queue if board.sound else max(0, (board.ram.size - ram) // 2)


def has_gaps(board: Board, ahead: int, queue: int) -> bool:
    """Return whether speech has gaps because the board cannot hold the `ahead` samples. An emulated board plays no
    sound itself."""
    return ahead > queue and board.qemu is None


SOURCE = "instructions counted on emulated cores, and cycles from the core's published timings"

NEEDS = {
    "heart": Need(
        1_204_000,
        45_000,
        83_730_000,
        {"dsp": (0.951, 1.386), "mve": (0.172, 1.367), "cortex-m0plus": (7.618, 1.306)},
        {"dsp": 20_588_650, "mve": 20_688_911, "portable": 39_838_340},
        {"dsp": 26_100_000},
    ),
    "heart-nano": Need(
        423_000,
        40_000,
        24_490_000,
        {"dsp": (1.226, 1.357), "mve": (0.265, 1.384), "cortex-m0plus": (9.846, 1.307)},
        {"dsp": 6_763_875, "mve": 6_852_820, "portable": 12_793_104},
        {"dsp": 10_500_000},
    ),
    "heart-pico": Need(
        220_000,
        36_000,
        9_840_000,
        {"dsp": (1.690, 1.324), "mve": (0.449, 1.393), "cortex-m0plus": (14.246, 1.324)},
        {"dsp": 3_002_173, "mve": 3_103_216, "portable": 5_577_729},
        {"dsp": 6_900_000},
    ),
}
