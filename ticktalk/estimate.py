"""What the bundled voices need of a board, before anything is compiled: measured on the emulated boards
(docs/measurements/bench.md).

Nothing is loaded for it, since `ticktalk boards` is to answer at once.
"""

from dataclasses import dataclass

from ticktalk.boards.board import Board


@dataclass(frozen=True)
class Need:
    """Of a voice, by `ticktalk verify` and `ticktalk bench`.

    flash, ram: bytes of its MCUboot image; of its data, arena and stack. macs: multiply-adds of a second of its speech.
    speed: by ISA, instructions for each and cycles for an instruction. Bench says which tables the cycles are from; a
    Cortex-M33 is taken to be like an M4, and nothing waits for flash.
    """

    flash: int
    ram: int
    macs: int
    speed: dict[str, tuple[float, float]]

    def fits(self, board: Board) -> bool:
        """Whether the voice's image fits the slot, and its data the RAM."""
        return self.flash <= board.code_limit and self.ram <= board.ram.size

    def real_time_factor(self, board: Board) -> float | None:
        """Seconds of computing for a second of speech: below 1 it keeps up. None where nothing was measured for such a
        core."""
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
