"""The resources that the bundled voices need, measured on the emulated boards (docs/measurements/bench.md).

The figures are constants so that `ticktalk boards` responds at once, without loading or compiling anything.
"""

from dataclasses import dataclass, field

from ticktalk.boards.board import Board


@dataclass(frozen=True)
class Need:
    """The resources that one voice needs, as reported by `ticktalk verify` and `ticktalk bench`.

    flash: bytes of its MCUboot image.
    ram: bytes of data, arena and stack.
    macs: multiply-adds per second of speech.
    speed: core or ISA -> (instructions per multiply-add, cycles per instruction). The core takes precedence.
    first: ISA -> instructions until the first samples of a text of about ten words (maximum of all counts).

    `ticktalk bench` reports which timing tables the cycles are from. rp2040js counts the cycles of a Cortex-M0+. A
    Cortex-M33 is assumed to be as fast as an M4, and flash is assumed to have no wait states.
    """

    flash: int
    ram: int
    macs: int
    speed: dict[str, tuple[float, float]]
    first: dict[str, int] = field(default_factory=dict)

    def fits(self, board: Board) -> bool:
        """Return whether the image fits in the slot and the data fits in RAM."""
        return self.flash <= board.code_limit and self.ram <= board.ram.size

    def real_time_factor(self, board: Board) -> float | None:
        """Return the computing time, in seconds, per second of speech. If the result is below 1, the board is fast
        enough.

        Returns None if neither this core nor another core with the same instruction set has been measured.
        """
        measured = self.speed.get(board.core) or self.speed.get(board.isa)
        if measured is None:
            return None
        instructions, cycles = measured
        return self.macs * instructions * cycles / board.clock_hz

    def verdict(self, board: Board) -> str:
        """Return "no speaker", "too big", "fits" if the speed is unknown, or the real-time factor."""
        if not board.has_speaker:
            return "no speaker"
        if not self.fits(board):
            return "too big"
        factor = self.real_time_factor(board)
        return "fits" if factor is None else f"{factor:.2f}"

    def first_sound(self, board: Board) -> float | None:
        """Return the seconds from a text of about ten words to its first samples, or None if the core is not measured.

        If the instructions have not been counted on this instruction set, those of another one are multiplied by the
        ratio of instructions per multiply-add.
        """
        measured = self.speed.get(board.core) or self.speed.get(board.isa)
        if measured is None:
            return None
        isa = board.isa if board.isa in self.first else next(iter(self.first))
        return self.first[isa] * measured[0] / self.speed[isa][0] * measured[1] / board.clock_hz


SOURCE = (
    "instructions counted on the emulated boards, cycles from the core's published timings, flash without wait states"
)

NEEDS = {
    "heart": Need(
        1_221_000,
        46_000,
        83_730_000,
        {"dsp": (1.048, 1.381), "mve": (0.224, 1.317), "cortex-m0plus": (7.664, 1.306)},
        {"dsp": 30_200_000},
    ),
    "heart-nano": Need(
        437_000,
        36_000,
        24_490_000,
        {"dsp": (1.314, 1.357), "mve": (0.426, 1.301), "cortex-m0plus": (10.086, 1.308)},
        {"dsp": 12_000_000},
    ),
}
