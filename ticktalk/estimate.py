"""What the bundled voice needs of a board, before anything is compiled: measured on the emulated boards (docs/bench.md).

Nothing is loaded for it, since `ticktalk boards` is to answer at once.
"""

from boards.board import Board

VOICE = "heart"
FLASH_BYTES = 1_305_000          # of its MCUboot image
RAM_BYTES = 150_000              # data, arena and stack

# For one second of its speech: instructions executed, and cycles for each. Cortex-M4's cycles are counted by the rules of its
# manual; a Cortex-M33 is taken to be like it, and an M55 to need two for an MVE instruction, which is most of them.
SPEED = {"dsp": (135_400_000, 1.38)}


def fits(board: Board) -> bool:
    """Whether the voice's image fits the slot, and its data the RAM."""
    return FLASH_BYTES <= board.code_limit and RAM_BYTES <= board.ram.size


def real_time_factor(board: Board) -> float | None:
    """Seconds of computing for a second of speech: below 1 it keeps up. None where nothing was measured for such a core."""
    if board.isa not in SPEED:
        return None
    instructions, cycles = SPEED[board.isa]
    return instructions * cycles / board.clock_hz
