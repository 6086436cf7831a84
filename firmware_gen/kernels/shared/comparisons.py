"""EQUAL, LESS and similar operators. See runtime_sim/ops/shared/comparisons.py."""

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type
from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.firmware_gen.kernels.shared import binary
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared.comparisons import HEADROOM, factor


def kernel(node: Node, sign: str) -> Kernel:
    """Compile to one comparison per element. `sign` is the C operator."""
    first, second, target = node.input(0), node.input(1), node.output(0, (np.bool_,))
    context = {
        "loops": binary.loops(node, first, second, target), "size": target.size, "sign": sign, "headroom": HEADROOM,
        "zeros": (first.zero_point, second.zero_point), "factors": (factor(node, first), factor(node, second)),
        "type": c_type(np.empty(0, target.dtype)),
    }  # fmt: skip
    function = Function("shared/compare.c.j2", f"{node.operator.name.lower()}_{target.size}", context)
    return Kernel((function,), (Input(0), Input(1), Output(0)), f"y = x1 {sign} x2, in real numbers")
