"""SELECT_V2. See runtime_sim/ops/select_v2.py."""

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type
from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.firmware_gen.kernels.shared import binary
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to one conditional copy per element."""
    condition, first, second = node.input(0, (np.bool_,)), node.input(1, ACTIVATIONS), node.input(2, ACTIVATIONS)
    target = node.output(0, ACTIVATIONS)
    context = {
        "loops": binary.loops(node, condition, first, second, target), "size": target.size,
        "type": c_type(np.empty(0, target.dtype)),
    }  # fmt: skip
    function = Function("select_v2.c.j2", f"select_{target.size}", context)
    return Kernel((function,), (Input(0), Input(1), Input(2), Output(0)), "y = condition ? x1 : x2")
