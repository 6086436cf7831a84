"""LOGISTIC and TANH: look-up tables for int8, interpolation for int16. See runtime_sim/ops/shared/sigmoids.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output
from ticktalk.firmware_gen.kernels.shared import tables
from ticktalk.runtime_sim.arithmetic.sigmoid_table import TABLE, input_factor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node


def kernel(node: Node, isa: str, most_shift: int, formula: str) -> Kernel:
    """Compile with the implementation for the type. `most_shift` is passed to `input_factor`."""
    source = node.input(0, ACTIVATIONS)
    if source.dtype == np.int8:
        return tables.kernel(node, isa)
    multiplier, shift = input_factor(source.scale, most_shift)
    kind = node.operator.name.lower()
    context = {"size": source.size, "kind": kind, "multiplier": multiplier, "shift": shift}
    function = Function("shared/sigmoid.c.j2", f"{kind}_{source.size}", context)
    return Kernel((function,), (Input(0), Constant("table", TABLE), Output(0)), formula, in_place=(0,))
