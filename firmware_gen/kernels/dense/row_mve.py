"""Dense layers with a single position for MVE.

The row is read in place and multiplied by the weights of four outputs at a time. Weights keep the model's order.
"""

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.firmware_gen.kernels.dense.layer import Dense
from ticktalk.firmware_gen.kernels.dense.mve import groups
from ticktalk.firmware_gen.kernels.shared import mve


def kernel(dense: Dense) -> Kernel:
    """Compile a layer with at least four outputs. Scratch is needed only for a gathered row."""
    depth, outputs = dense.depth, dense.outputs
    context = {"depth": depth, "outputs": outputs, "gathered": dense.gathered, **mve.context(dense.table)}
    arguments = (
        Input(0), Constant("weights", dense.rows), *mve.arguments(dense.table, groups(outputs), groups(outputs)),
        *([Scratch()] if dense.gathered else []), Output(0),
    )  # fmt: skip
    functions = (*dense.gather(), Function("dense/row_mve.c.j2", f"row_{depth}_to_{outputs}", context))
    return Kernel(functions, arguments, dense.formula, dense.rows.size, depth if dense.gathered else 0)
