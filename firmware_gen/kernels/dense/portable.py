"""Dense layers in portable C, computed for two positions and two outputs at a time to use each loaded value twice."""

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.firmware_gen.kernels.dense.layer import Dense
from ticktalk.firmware_gen.kernels.epilogue.epilogue import OTHER

BLOCK = 2  # positions and outputs per block; at most 2, because an incomplete block repeats its only position


def kernel(dense: Dense) -> Kernel:
    """Compile the layer. Weights keep the model's order."""
    depth, outputs = dense.depth, dense.outputs
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
    )
