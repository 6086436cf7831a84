"""Dense layers for SMLAD: rows are widened to pairs of int16 once, then meet the weights of two outputs at a time.

The pairs of a block of P positions are interleaved: word j * P + p holds the j-th pair of place p. Four values
k .. k+3 become the pairs (k, k+2) and (k+1, k+3), which is what SXTB16 makes of a word. A word of weights holds
one pair of both outputs, (a[k], b[k], a[k+2], b[k+2]), so that two SXTB16 give the two outputs' pairs.
"""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.firmware_gen.kernels.dense.layer import Dense, round_up
from ticktalk.firmware_gen.kernels.epilogue.epilogue import OTHER

# Instructions for a pair of values and two outputs: weights 3, values a load for two positions, 2 SMLAD a place.
_COST = {positions: 3 + (positions + 1) // 2 + 2 * positions for positions in (2, 3, 4)}


def kernel(dense: Dense) -> Kernel:
    """Chooses the block of positions that wastes least, and packs the weights for it."""
    positions, outputs = dense.positions, dense.outputs
    block = min((size for size in _COST if size <= positions), key=lambda size: -(-positions // size) * _COST[size])
    depth = round_up(dense.depth, 4)
    rest = positions % block
    # In bytes: the interleaved pairs, the gathered row, the results of a block that is not full or to which something
    # is added.
    panel, patch, tile = (
        2 * depth * block,
        round_up(dense.depth, 4) if dense.gathered else 0,
        block * outputs if rest or dense.epilogue.sums else 0,
    )
    shape = {
        "depth": dense.depth,
        "pairs": depth // 2,
        "outputs": outputs,
        "block": block,
        "block_outputs": min(2, outputs),
    }
    walk = {
        "positions": positions,
        "step": dense.depth if dense.gathered else dense.step,
        "gathered": dense.gathered,
        "patch_at": panel,
        "tile_at": panel + patch,
    }
    functions = (
        Function("dense/widen.c.j2", f"widen_{dense.depth}", {"depth": dense.depth, "block": block}),
        Function("dense/block_dsp.c.j2", f"block_{dense.depth}_to_{outputs}", shape | dense.block_context),
        *dense.gather(),
        *dense.epilogue.functions,
        Function("dense/dsp.c.j2", f"dense_{positions}x{dense.depth}_to_{outputs}", shape | walk | dense.context),
    )
    arguments = (
        Input(0),
        Constant("weights", packed(dense.rows)),
        *dense.table.arguments,
        Scratch(),
        Output(0),
        *dense.epilogue.arguments,
    )
    # A block is widened before its results are written, so they may take the place of rows that are done with.
    in_place = (0,) if dense.step is not None and outputs <= dense.step else ()
    in_place = (OTHER, *in_place) if dense.epilogue.sums else in_place
    return Kernel(functions, arguments, dense.formula, positions * dense.rows.size, panel + patch + tile, in_place)


def packed(rows: np.ndarray) -> np.ndarray:
    """int8 [O, K] in the order of reading: pairs of outputs, then pairs of values. K is filled up to a multiple of
    4 with zeros; of an odd number of outputs the last pair is the last two."""
    outputs, depth = rows.shape
    rows = np.pad(rows, ((0, 0), (0, -depth % 4)))
    if outputs == 1:
        return rows  # both pairs of a word are of the one output
    firsts = np.minimum(np.arange(0, outputs, 2), outputs - 2)
    both = np.stack([rows[firsts], rows[firsts + 1]], axis=1)  # [O/2, 2, K]
    quads = both.reshape(len(firsts), 2, -1, 2, 2)  # term = 4 quad + 2 half + odd
    return quads.transpose(0, 2, 4, 3, 1).copy()  # [O/2, quad, odd, half, output]
