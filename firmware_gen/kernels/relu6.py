"""RELU6: a look-up table for int8, two comparisons for int16. See runtime_sim/ops/relu6.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.firmware_gen.kernels.shared import tables
from ticktalk.runtime_sim.arithmetic.fixed_point import activation_range
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile with the implementation for the type."""
    source = node.input(0, ACTIVATIONS)
    if source.dtype == np.int8:
        return tables.kernel(node, isa)
    low, high = activation_range("RELU6", source.scale, source.zero_point, source.dtype)
    function = Function("shared/clip.c.j2", f"clip_{source.size}", {"size": source.size, "low": low, "high": high})
    return Kernel((function,), (Input(0), Output(0)), f"y = x, clamped to {low} .. {high}", in_place=(0,))
