"""Dense layers for MVE.

The rows of a block of positions are interleaved in 16-value vectors and multiplied by the weights of four outputs at a
time. Weights keep the model's order. The rows of two outputs are multiplied by all positions, one vector at a time,
followed by the rows of the next two outputs. The last vector of a row of values is padded with zeros, so weights read
beyond the end of a row have no effect."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.firmware_gen.kernels.dense import windows_mve
from ticktalk.firmware_gen.kernels.dense.dsp import turns
from ticktalk.firmware_gen.kernels.dense.layer import STAGE, Dense, round_up, slabs
from ticktalk.firmware_gen.kernels.shared import mve

GROUP = 4  # outputs computed together
PIECE = 16  # values per vector
# Instructions per vector and two outputs: one load per output, one load and two products per position.
_COST = {positions: 2 + 3 * positions for positions in (2, 3, 4)}


def kernel(dense: Dense) -> Kernel:
    """Compile a layer with several positions and at least four outputs.

    The number of positions per block is chosen to minimise the total cost.
    """
    positions, outputs, depth = dense.positions, dense.outputs, dense.depth
    if windows_mve.suits(dense):
        return windows_mve.kernel(dense, groups(outputs))
    block = min((size for size in _COST if size <= positions), key=lambda size: -(-positions // size) * _COST[size])
    if dense.in_slabs(block):
        return _staged(dense, block)
    rest = positions % block
    steps = -(-depth // PIECE)
    # Sizes in bytes of the interleaved rows, of the gathered row, and of the results of an incomplete last block.
    panel, patch, tile = (
        PIECE * steps * block,
        round_up(depth, PIECE) if _patch(dense) else 0,
        block * outputs if rest else 0,
    )
    scales = mve.ByChannel(dense.table)
    shape = {"depth": depth, "steps": steps, "outputs": outputs, "block": block, **scales.context}
    walk = {
        "positions": positions, "step": depth if dense.gathered else dense.step, "gathered": dense.gathered,
        "patch_at": panel, "tile_at": panel + patch,
    }  # fmt: skip
    spread = _interleave(dense, block)
    walk |= {"first": len(spread) - 1, "patch": _patch(dense)}
    functions = (
        *spread,
        Function("dense/block_mve.c.j2", f"block_{depth}_to_{outputs}", shape),
        Function("dense/mve.c.j2", f"dense_{positions}x{depth}_to_{outputs}", shape | walk),
    )
    weights = np.append(dense.rows.reshape(-1), np.zeros(-depth % PIECE, np.int8))
    arguments = (
        Input(0), Constant("weights", weights), *scales.arguments(groups(outputs)), Scratch(), Output(0),
    )  # fmt: skip
    # A block is interleaved before its results are written, so results may overwrite rows that are no longer needed.
    in_place = (0,) if dense.step is not None and outputs <= dense.step else ()
    return Kernel(
        functions,
        arguments,
        dense.formula,
        positions * dense.rows.size,
        panel + patch + tile,
        in_place,
        dense.passes(block),
    )


def _staged(dense: Dense, block: int) -> Kernel:
    """Compile a layer that interleaves all its positions first, and then reads the weights only once."""
    positions, outputs, depth = dense.positions, dense.outputs, dense.depth
    steps = -(-depth // PIECE)
    size, count, last = slabs(outputs, depth, GROUP)
    scales = mve.ByChannel(dense.table)
    most = max(size if count else 0, last)
    sizes = (
        PIECE * steps * round_up(positions, block),  # the rows of all positions
        round_up(most * depth + -depth % PIECE, 16),  # weights
        16 * scales.words * -(-most // GROUP),
        round_up(depth, PIECE) if _patch(dense) else 0,
        block * outputs if positions % block else 0,
    )
    at = [sum(sizes[:i]) for i in range(len(sizes))]
    shape = {"depth": depth, "steps": steps, "block": block, "stride": outputs, **scales.context}
    walk = {
        "positions": positions, "outputs": outputs, "step": depth if dense.gathered else dense.step,
        "gathered": dense.gathered, "words": scales.words, "size": size, "count": count, "last": last,
        "stage_at": at[1], "table_at": at[2], "patch_at": at[3], "tile_at": at[4],
    }  # fmt: skip
    spread = _interleave(dense, block)
    walk |= {"first": len(spread) - 1, "patch": _patch(dense)}
    functions = (
        *spread,
        *(
            Function("dense/block_mve.c.j2", f"block_{depth}_to_{each}_of_{outputs}", shape | {"outputs": each})
            for each in (size if count else 0, last)
            if each
        ),
        STAGE,
        Function("dense/staged_mve.c.j2", f"dense_{positions}x{depth}_to_{outputs}", shape | walk),
    )
    weights = np.append(dense.rows.reshape(-1), np.zeros(-depth % PIECE, np.int8))
    starts = [*range(0, count * size, size), *([count * size] if last else [])]
    order = np.concatenate([start + groups(size if start < count * size else last) for start in starts])
    arguments = (
        Input(0), Constant("weights", weights), *scales.arguments(order), Scratch(), Output(0),
    )  # fmt: skip
    in_place = (0,) if dense.step is not None and outputs <= dense.step else ()
    return Kernel(functions, arguments, dense.formula, positions * dense.rows.size, sum(sizes), in_place)


def _patch(dense: Dense) -> bool:
    """Return whether windows are copied to a patch before they are interleaved, unless rows are vectors."""
    return dense.patched or (dense.gathered and dense.run % PIECE != 0)


def _interleave(dense: Dense, block: int) -> list[Function]:
    """Return the function that interleaves a row, and the functions that it calls."""
    depth = dense.depth
    # A patch already ends with zeros.
    tail = 0 if dense.gathered else depth % PIECE
    shape = {"depth": depth, "vectors": -(-(depth - tail) // PIECE), "tail": tail, "block": block}
    rows = Function("dense/interleave_mve.c.j2", f"interleave_{depth}", shape)
    if not dense.gathered:
        return [rows]
    gather = dense.gather() if dense.spread else []
    if dense.patched and not dense.spread:
        border = {"window": dense.window, "fill": dense.fill}
        gather = [Function("dense/border_mve.c.j2", f"border_{depth}", border)]
    vectors = dense.run // PIECE
    context = {"window": dense.window, "block": block, "unroll": turns(vectors) if vectors else 0}
    context |= {"patched": dense.patched, "spread": dense.spread, "patch": _patch(dense)}
    window = Function("dense/gather_mve.c.j2", f"interleave_window_{depth}", context)
    return [*gather, *([rows] if dense.run % PIECE or dense.spread else []), window]


def groups(outputs: int) -> np.ndarray:
    """Return int [groups, 4], the indices of the outputs that are computed together.

    If `outputs` is not a multiple of four, the last group consists of the last four outputs."""
    firsts = np.minimum(np.arange(0, outputs, GROUP), outputs - GROUP)
    return firsts[:, None] + np.arange(GROUP)
