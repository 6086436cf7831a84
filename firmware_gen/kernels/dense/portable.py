"""Dense layers in portable C, computed for two positions and two outputs at a time to use each loaded value twice."""

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.firmware_gen.kernels.dense.layer import STAGE, Dense, round_up, slabs
from ticktalk.firmware_gen.kernels.epilogue.epilogue import OTHER

BLOCK = 2  # positions and outputs per block; at most 2, because an incomplete block repeats its only position


def kernel(dense: Dense) -> Kernel:
    """Compile the layer. Weights keep the model's order."""
    depth, outputs = dense.depth, dense.outputs
    if dense.in_slabs(BLOCK):
        return _staged(dense)
    shape = {
        "depth": depth,
        "outputs": outputs,
        "block": min(BLOCK, dense.positions),
        "block_outputs": min(BLOCK, outputs),
    }
    walk = {"positions": dense.positions, "step": depth if dense.gathered else dense.step, "gathered": dense.gathered}
    # Total size in bytes of the gathered rows and of the results of a block that is followed by a sum.
    scratch = shape["block"] * (depth * dense.gathered + outputs * dense.epilogue.sums)
    functions = (
        Function("dense/block.c.j2", f"block_{depth}_to_{outputs}", shape | dense.block_context),
        *dense.gather(),
        *dense.epilogue.functions,
        Function("dense/layer.c.j2", f"dense_{dense.positions}x{depth}_to_{outputs}", shape | walk | dense.context),
    )
    arguments = (
        Input(0), Constant("weights", dense.rows), *dense.table.arguments, *([Scratch()] if scratch else []), Output(0),
        *dense.epilogue.arguments,
    )  # fmt: skip
    return Kernel(
        functions,
        arguments,
        dense.formula,
        dense.positions * dense.rows.size,
        scratch,
        (OTHER,) if dense.epilogue.sums else (),
        dense.passes(BLOCK),
    )


def _staged(dense: Dense) -> Kernel:
    """Compile a layer that reads its weights only once for all positions."""
    positions, outputs, depth = dense.positions, dense.outputs, dense.depth
    size, count, last = slabs(outputs, depth, 2 * BLOCK)  # keeps slabs aligned to words
    words = dense.table.words  # bytes of parameters per output
    most = max(size if count else 0, last)
    # Sizes in bytes of the weights, their parameters and the gathered rows.
    sizes = round_up(most * depth, 16), round_up(4 * words * most, 16), depth * positions * dense.gathered
    walk = {
        "positions": positions, "outputs": outputs, "depth": depth, "block": BLOCK,
        "step": depth if dense.gathered else dense.step, "gathered": dense.gathered, "words": words, "size": size,
        "count": count, "last": last, "table_at": sizes[0], "patches_at": sizes[0] + sizes[1],
    }  # fmt: skip
    functions = (
        *(
            Function(
                "dense/block.c.j2",
                f"block_{depth}_to_{each}",
                {"depth": depth, "outputs": each, "block": BLOCK, "block_outputs": min(BLOCK, each)}
                | dense.block_context,
            )
            for each in (size if count else 0, last)
            if each
        ),
        *dense.gather(),
        STAGE,
        Function("dense/staged.c.j2", f"dense_{positions}x{depth}_to_{outputs}", walk | dense.context),
    )
    arguments = Input(0), Constant("weights", dense.rows), *dense.table.arguments, Scratch(), Output(0)
    return Kernel(functions, arguments, dense.formula, positions * dense.rows.size, sum(sizes))
