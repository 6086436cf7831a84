"""What the bundled voices need of a board, measured on the emulated boards (docs/measurements/bench.md).

The figures are constants, so that `ticktalk boards` answers at once without loading or compiling anything.
"""

from dataclasses import dataclass

from ticktalk.boards.board import Board


@dataclass(frozen=True)
class Need:
    """What one voice needs, as `ticktalk verify` and `ticktalk bench` report it.

    flash: bytes of its MCUboot image. ram: bytes of its data, arena and stack. macs: multiply-adds for a
    second of speech. speed: by ISA, instructions per multiply-add and cycles per instruction. `ticktalk
    bench` names the tables that the cycles come from. A Cortex-M33 is assumed to be as fast as an M4, and
    flash to have no wait states.
    """

    flash: int
    ram: int
    macs: int
    speed: dict[str, tuple[float, float]]

    def fits(self, board: Board) -> bool:
        """Whether the voice's image fits into the slot, and its data into the RAM."""
        return self.flash <= board.code_limit and self.ram <= board.ram.size

    def real_time_factor(self, board: Board) -> float | None:
        """Seconds of computing for a second of speech: below 1 the board keeps up. None if no such core was
        measured."""
        if board.isa not in self.speed:
            return None
        instructions, cycles = self.speed[board.isa]
        return self.macs * instructions * cycles / board.clock_hz


SOURCE = (
    "instructions counted on the emulated boards, cycles by the core's published timings, flash without wait states"
)

NEEDS = {
    "heart": Need(1_221_000, 46_000, 83_730_000, {"dsp": (1.048, 1.381), "mve": (0.224, 1.317)}),
    "heart-nano": Need(437_000, 36_000, 24_490_000, {"dsp": (1.314, 1.357), "mve": (0.426, 1.301)}),
}
