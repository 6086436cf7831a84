"""EQUAL, LESS and similar operators. See runtime_sim/ops/shared/comparisons.py."""

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type
from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.firmware_gen.kernels.shared import binary
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import plain
from ticktalk.runtime_sim.ops.shared.comparisons import HEADROOM, factor


def kernel(node: Node, sign: str) -> Kernel:
    """Compile to one comparison per element. `sign` is the C operator."""
    target = node.output(0, (np.bool_,))
    if plain.is_plain(node):
        tensors = node.input(0, (np.int32,)), node.input(1, (np.int32,)), target
        types = {
            "computed": c_type(np.empty(0, target.dtype)),
            "operand": "int32_t",
            "formula": f"x1 {sign} x2",
            "expression": f"a {sign} b",
        }
        return binary.over(node, tensors, "shared/plain.c.j2", types, f"y = x1 {sign} x2")
    first, second = node.input(0), node.input(1)
    context = {
        "loops": binary.loops(node, first, second, target), "size": target.size, "sign": sign, "headroom": HEADROOM,
        "zeros": (first.zero_point, second.zero_point), "factors": (factor(node, first), factor(node, second)),
        "type": c_type(np.empty(0, target.dtype)),
    }  # fmt: skip
    function = Function("shared/compare.c.j2", f"{node.operator.name.lower()}_{target.size}", context)
    return Kernel((function,), (Input(0), Input(1), Output(0)), f"y = x1 {sign} x2, in real numbers")
