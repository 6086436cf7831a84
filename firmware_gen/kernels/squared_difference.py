"""SQUARED_DIFFERENCE: (x1 - x2)^2, with 7 bits of headroom. See runtime_sim/ops/squared_difference.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import binary
from ticktalk.runtime_sim.arithmetic.fixed_point import quantize_multiplier
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile with both operands rescaled to twice the greater scale, followed by rescaling of the square."""
    first, second, target = node.input(0), node.input(1), node.output(0)
    scales = [np.float64(first.scale), np.float64(second.scale)]
    top = 2 * max(scales)
    context = {
        "zeros": (first.zero_point, second.zero_point, target.zero_point), "low": -128, "high": 127,
        "factors": [quantize_multiplier(scale / top) for scale in scales],
        "outer": quantize_multiplier(top * top / ((1 << 14) * np.float64(target.scale))),
    }  # fmt: skip
    return binary.kernel(
        node, "squared_difference.c.j2", context, "y = clamp(z + (x1 - x2)^2 / scale), in real numbers"
    )
