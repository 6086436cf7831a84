"""PRELU: x if x >= 0, otherwise alpha * x. See runtime_sim/ops/prelu.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import binary
from ticktalk.runtime_sim.arithmetic.fixed_point import quantize_multiplier
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile with two scaling factors, one for each sign of x."""
    source, slope, target = node.input(0, ACTIVATIONS), node.input(1), node.output(0, ACTIVATIONS)
    limits = np.iinfo(target.dtype)
    scale = np.float64(target.scale)
    context = {
        "zeros": (source.zero_point, slope.zero_point, target.zero_point), "low": limits.min, "high": limits.max,
        "above": quantize_multiplier(np.float64(source.scale) / scale),
        "below": quantize_multiplier(np.float64(source.scale) * np.float64(slope.scale) / scale),
    }  # fmt: skip
    return binary.kernel(node, "prelu.c.j2", context, "y = x if x >= 0, otherwise alpha * x, in real numbers")
