"""Dense layers for MVE: the rows of a block of positions are interleaved in pieces of 16 values, then multiplied with
the weights of four outputs at a time.

Weights stay in the model's order: piece by piece, the rows of two outputs are multiplied with all positions, then those
of the next two. The last piece of a row of values is padded with zeros, so weights read beyond a row have no effect."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.firmware_gen.kernels.dense.layer import Dense, round_up
from ticktalk.firmware_gen.kernels.shared import mve

GROUP = 4  # outputs at a time
PIECE = 16  # values of a vector
# Instructions for a piece and two outputs: a load for each output, and a load and two products for each position.
_COST = {positions: 2 + 3 * positions for positions in (2, 3, 4)}


def kernel(dense: Dense) -> Kernel:
    """Compile a layer of several positions and at least four outputs. Choose the block of positions with the least
    total cost."""
    positions, outputs, depth = dense.positions, dense.outputs, dense.depth
    block = min((size for size in _COST if size <= positions), key=lambda size: -(-positions // size) * _COST[size])
    rest = positions % block
    steps = -(-depth // PIECE)
    # Bytes of the interleaved rows, of the gathered row, and of the results of a last block that is not full.
    panel, patch, tile = (
        PIECE * steps * block,
        round_up(depth, PIECE) if dense.gathered else 0,
        block * outputs if rest else 0,
    )
    shape = {"depth": depth, "steps": steps, "outputs": outputs, "block": block, **mve.context(dense.table)}
    walk = {
        "positions": positions, "step": depth if dense.gathered else dense.step, "gathered": dense.gathered,
        "patch_at": panel, "tile_at": panel + patch,
    }  # fmt: skip
    functions = (
        Function("dense/interleave_mve.c.j2", f"interleave_{depth}", {"depth": depth, "block": block}),
        Function("dense/block_mve.c.j2", f"block_{depth}_to_{outputs}", shape),
        *dense.gather(),
        Function("dense/mve.c.j2", f"dense_{positions}x{depth}_to_{outputs}", shape | walk),
    )
    weights = np.append(dense.rows.reshape(-1), np.zeros(-depth % PIECE, np.int8))
    both = groups(outputs)
    arguments = (
        Input(0),
        Constant("weights", weights),
        *mve.arguments(dense.table, both[:, [0, 2, 1, 3]], both),
        Scratch(),
        Output(0),
    )
    # A block is interleaved before its results are written, so they may overwrite rows that are no longer needed.
    in_place = (0,) if dense.step is not None and outputs <= dense.step else ()
    return Kernel(functions, arguments, dense.formula, positions * dense.rows.size, panel + patch + tile, in_place)


def groups(outputs: int) -> np.ndarray:
    """Return int [groups, 4]: the outputs that are computed together.

    If `outputs` is not a multiple of four, the last group is the last four outputs."""
    firsts = np.minimum(np.arange(0, outputs, GROUP), outputs - GROUP)
    return firsts[:, None] + np.arange(GROUP)
