"""Dense layers for SMLAD.

Rows are widened once to pairs of int16 and then multiplied by the weights of two outputs at a time. The pairs of a
block of P positions are interleaved: word j * P + p holds the j-th pair of position p. Values k .. k+3 become the
pairs (k, k+2) and (k+1, k+3), because SXTB16 extracts every other byte of a word. A word of weights holds one pair
for each of two outputs, (a[k], b[k], a[k+2], b[k+2]). Two SXTB16 instructions extract the pairs of both outputs.

Joint weights omit the second SXTB16: the halfwords are a[k] + 256 * b[k], so that multiplying by whole words adds the
sums A + 256 * B. A is accumulated anyway, so B can be derived exactly.
"""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.firmware_gen.kernels.dense.layer import STAGE, Dense, round_up, slabs
from ticktalk.firmware_gen.kernels.epilogue.epilogue import OTHER

# Instructions per pair of values and two outputs: 3 for the weights, 1 load for every two positions, 2 SMLAD per
# position.
_COST = {positions: 3 + (positions + 1) // 2 + 2 * positions for positions in (2, 3, 4)}


def kernel(dense: Dense) -> Kernel:
    """Compile a layer with several positions, in blocks of the size with the lowest total cost."""
    positions, outputs = dense.positions, dense.outputs
    block = min((size for size in _COST if size <= positions), key=lambda size: -(-positions // size) * _COST[size])
    depth = round_up(dense.depth, 4)
    if dense.in_slabs(block):
        return _staged(dense, block)
    rest = positions % block
    # Sizes in bytes of the interleaved pairs, of the gathered row, and of the results of a block that is incomplete or
    # followed by a sum.
    panel, patch, tile = (
        2 * depth * block,
        round_up(dense.depth, 4) if dense.patched else 0,
        block * outputs if rest or dense.epilogue.sums else 0,
    )
    shape = {
        "depth": dense.depth,
        "pairs": depth // 2,
        "outputs": outputs,
        "block": block,
        "block_outputs": min(2, outputs),
        "joint": joint(dense),
        "unroll": _turns(dense),
    }
    walk = {
        "positions": positions,
        "step": dense.depth if dense.gathered else dense.step,
        "gathered": dense.gathered,
        "patch_at": panel,
        "tile_at": panel + patch,
    }
    widen = _widen(dense, block)
    walk |= {"first": len(widen) - 1, "patched": dense.patched, "row": depth}
    functions = (
        *widen,
        *_blocks(dense, shape),
        *dense.epilogue.functions,
        Function("dense/dsp.c.j2", f"dense_{positions}x{dense.depth}_to_{outputs}", shape | walk | dense.context),
    )
    arguments = (
        Input(0),
        Constant("weights", packed(dense.rows[:, _order(dense)], joint(dense))),
        *dense.table.arguments,
        Scratch(),
        Output(0),
        *dense.epilogue.arguments,
    )
    # A block is widened before its results are written, so results may overwrite rows that are no longer needed.
    in_place = (0,) if dense.step is not None and outputs <= dense.step else ()
    in_place = (OTHER, *in_place) if dense.epilogue.sums else in_place
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
    """Compile a layer that widens all its positions first, and then reads the weights only once."""
    positions, outputs, depth = dense.positions, dense.outputs, round_up(dense.depth, 4)
    size, count, last = slabs(outputs, depth, 2)
    words = dense.table.words  # bytes of parameters per output
    most = max(size if count else 0, last)
    sizes = (
        2 * depth * round_up(positions, block),  # the pairs of all positions
        round_up(round_up(most, 2) * depth, 16),  # weights
        round_up(4 * words * most, 16),
        round_up(dense.depth, 16) if dense.patched else 0,
        block * outputs if positions % block else 0,
    )
    at = [sum(sizes[:i]) for i in range(len(sizes))]
    shape = {"depth": dense.depth, "pairs": depth // 2, "block": block, "stride": outputs}
    shape |= {"joint": joint(dense), "unroll": _turns(dense)}
    parts = [each for each in (size if count else 0, last) if each]
    walk = {
        "positions": positions, "outputs": outputs, "step": dense.depth if dense.gathered else dense.step,
        "gathered": dense.gathered, "words": words, "row": depth, "size": size, "count": count, "last": last,
        "stage_at": at[1], "table_at": at[2], "patch_at": at[3], "tile_at": at[4],
    }  # fmt: skip
    widen = _widen(dense, block)
    walk |= {"first": len(widen) - 1, "patched": dense.patched}
    functions = (
        *widen,
        *(
            Function(
                "dense/block_dsp.c.j2",
                f"block_{dense.depth}_to_{each}_of_{outputs}",
                shape | {"outputs": each, "block_outputs": 2 if outputs > 1 else 1} | dense.block_context,
            )
            for each in parts
        ),
        STAGE,
        Function(
            "dense/staged_dsp.c.j2", f"dense_{positions}x{dense.depth}_to_{outputs}", shape | walk | dense.context
        ),
    )
    weights = Constant("weights", packed(dense.rows[:, _order(dense)], joint(dense)))
    arguments = (Input(0), weights, *dense.table.arguments, Scratch(), Output(0))
    in_place = (0,) if dense.step is not None and outputs <= dense.step else ()
    return Kernel(functions, arguments, dense.formula, positions * dense.rows.size, sum(sizes), in_place)


def _blocks(dense: Dense, shape: dict) -> list[Function]:
    """Return the function that computes all outputs of a block, or two functions if the number of outputs is odd.

    The second function computes the last two outputs. A single function would need more registers in its inner loop."""
    outputs = dense.outputs
    if outputs % 2 == 0 or outputs == 1:
        return [Function("dense/block_dsp.c.j2", f"block_{dense.depth}_to_{outputs}", shape | dense.block_context)]
    return [
        Function(
            "dense/block_dsp.c.j2",
            f"block_{dense.depth}_to_{each}_of_{outputs}",
            shape | {"outputs": each, "stride": outputs} | dense.block_context,
        )
        for each in (outputs - 1, 2)
    ]


def _widen(dense: Dense, block: int) -> list[Function]:
    """Return the function that widens a row, and the functions that it calls."""
    if not dense.gathered:
        return [Function("dense/widen.c.j2", f"widen_{dense.depth}", {"depth": dense.depth, "block": block})]
    words = dense.run // 4
    context = {"window": dense.window, "block": block, "unroll": turns(words) if words else 0}
    context |= {"patched": dense.patched, "spread": dense.spread}
    gather = dense.gather() if dense.patched else []
    return [*gather, Function("dense/gather_dsp.c.j2", f"widen_window_{dense.depth}", context)]


def _order(dense: Dense) -> np.ndarray:
    """Return the order in which values of a row are widened: first the whole four-value words of each row of the
    window."""
    numbers = np.arange(dense.depth)
    if not dense.gathered:
        return numbers
    rest = numbers % dense.run >= dense.run // 4 * 4
    return np.concatenate([numbers[~rest], numbers[rest]])


def turns(steps: int, most: int = 8) -> int:
    """Return how many of a loop's `steps` iterations to unroll: the largest divisor of `steps` up to `most`."""
    return max(count for count in range(1, most + 1) if steps % count == 0)


def most_turns(dense: Dense, weights: int) -> int:
    """Return how many iterations of the inner loop to unroll at most: more from this number of weights on, where the
    code is comparatively small."""
    return 16 if dense.rows.size >= weights and not dense.short else 8


def _turns(dense: Dense) -> int:
    """Return how many iterations of the inner loop to unroll."""
    return turns(round_up(dense.depth, 4) // 2, most_turns(dense, 1 << 15))


def joint(dense: Dense, group: int = 2) -> bool:
    """Return whether joint weights are exact and save instructions. Only long sums save instructions.

    Every halfword and 256 * B, but not A + 256 * B, must fit their types for all inputs. Groups have `group` outputs.
    """
    if dense.outputs < group or dense.depth < 20:
        return False
    first, second = pairs(dense.rows.astype(np.int64), group)
    most = 256 * 128 * np.abs(second).sum(1)
    return bool((first + 256 * second).min() >= -(1 << 15) and most.max() < 1 << 31)


def pairs(rows: np.ndarray, group: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Return the first row and the second row of every pair of outputs.

    If the number of outputs is not a multiple of `group`, the last group consists of the last `group` outputs."""
    starts = np.minimum(np.arange(0, len(rows), group), len(rows) - group)
    firsts = (starts[:, None] + np.arange(0, group, 2)).reshape(-1)
    return rows[firsts], rows[firsts + 1]


def packed(rows: np.ndarray, joint: bool) -> np.ndarray:
    """Pack int8 [O, K] in read order: pairs of outputs, then pairs of values. K is padded to a multiple of 4."""
    rows = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4)))
    if len(rows) == 1:
        return rows  # both pairs of a word belong to the single output
    first, second = pairs(rows)
    both = np.stack([first, second - (first < 0) if joint else second], axis=1)  # [O/2, 2, K]
    quads = both.reshape(len(first), 2, -1, 2, 2)  # k = 4 quad + 2 half + odd
    return quads.transpose(0, 2, 4, 3, 1).copy()  # [O/2, quad, odd, half, output]
