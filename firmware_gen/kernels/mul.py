"""MUL: x1 * x2, with broadcasting. See runtime_sim/ops/mul.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import binary, plain
from ticktalk.runtime_sim.arithmetic.fixed_point import activation_range, quantize_multiplier
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to one multiplication and one rescaling per element."""
    if found := plain.kernel(node):
        return found
    first, second, target = binary.operands(node)
    factor = quantize_multiplier(np.float64(first.scale) * np.float64(second.scale) / np.float64(target.scale))
    low, high = activation_range(node.option("activation"), target.scale, target.zero_point, target.dtype)
    zeros = first.zero_point, second.zero_point, target.zero_point
    formula = f"y = clamp({zeros[2]} + (x1 - {zeros[0]}) * (x2 - {zeros[1]}) * scale)"
    return binary.kernel(node, "mul.c.j2", {"zeros": zeros, "factor": factor, "low": low, "high": high}, formula)
