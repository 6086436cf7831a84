"""What the bundled voice needs of a board, before anything is compiled: measured on the emulated boards (docs/bench.md).

Nothing is loaded for it, since `ticktalk boards` is to answer at once.
"""

from boards.board import Board

VOICE = "heart"
FLASH_BYTES = 1_215_000          # of its MCUboot image
RAM_BYTES = 46_000               # data, arena and stack

# Of one second of its speech, by `ticktalk bench --voice heart`: multiply-adds; instructions for each; cycles for an
# instruction. Bench says which tables the cycles are from; a Cortex-M33 is taken to be like an M4, and nothing waits for flash.
MACS = 83_730_000
SPEED = {"dsp": (1.050, 1.381), "mve": (0.226, 1.315)}


def fits(board: Board) -> bool:
    """Whether the voice's image fits the slot, and its data the RAM."""
    return FLASH_BYTES <= board.code_limit and RAM_BYTES <= board.ram.size


def real_time_factor(board: Board) -> float | None:
    """Seconds of computing for a second of speech: below 1 it keeps up. None where nothing was measured for such a core."""
    if board.isa not in SPEED:
        return None
    instructions, cycles = SPEED[board.isa]
    return MACS * instructions * cycles / board.clock_hz
