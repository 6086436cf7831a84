"""Dense layers with a single position or a single output for MVE.

The row is read in place and multiplied by the weights of four outputs at a time. Weights keep the model's order. With a
single output, the weights are the row, and the rows of four positions take the place of the weights.
"""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.firmware_gen.kernels.dense.layer import Dense
from ticktalk.firmware_gen.kernels.dense.mve import GROUP, groups
from ticktalk.firmware_gen.kernels.shared import mve

_MOST_ROWS = 16  # of layers with one output


def kernel(dense: Dense) -> Kernel:
    """Compile a layer with at least four outputs. Scratch is needed only for a gathered row."""
    depth, outputs = dense.depth, dense.outputs
    context = {
        "depth": depth,
        "outputs": outputs,
        "gathered": dense.gathered,
        "column": False,
        **mve.context(dense.table),
    }
    arguments = (
        Input(0), Constant("weights", dense.rows), *mve.arguments(dense.table, groups(outputs), groups(outputs)),
        *([Scratch()] if dense.gathered else []), Output(0),
    )  # fmt: skip
    functions = (*dense.gather(), Function("dense/row_mve.c.j2", f"row_{depth}_to_{outputs}", context))
    return Kernel(functions, arguments, dense.formula, dense.rows.size, depth if dense.gathered else 0)


def suits_column(dense: Dense) -> bool:
    """Whether `column` can compile a layer: a few rows, whose values follow each other, and one output."""
    return dense.outputs == 1 and GROUP <= dense.positions <= _MOST_ROWS and dense.step == dense.depth


def column(dense: Dense) -> Kernel:
    """Compile a layer with one output. The output's parameters are stored once per position."""
    depth, positions = dense.depth, dense.positions
    context = {"depth": depth, "outputs": positions, "gathered": False, "column": True, **mve.context(dense.table)}
    channels = np.zeros_like(groups(positions))
    arguments = (
        Constant("weights", dense.rows), Input(0), *mve.arguments(dense.table, channels, channels), Output(0),
    )  # fmt: skip
    function = Function("dense/row_mve.c.j2", f"column_{positions}x{depth}", context)
    return Kernel((function,), arguments, dense.formula, positions * dense.rows.size)
