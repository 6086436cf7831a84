"""ADD and SUB: rescale both operands to a common scale with 20 bits of headroom (int16: 15), then add.

t = 2 * max(s1, s2); y = clamp(z_y + M((M((x1 - z1) << 20, s1 / t) +- M((x2 - z2) << 20, s2 / t)), t / (2^20 * s_y))).
Source: tensorflow/lite/kernels/internal/reference/integer_ops/add.h, tensorflow/lite/micro/kernels/add_common.cc.
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import activation_range, multiply_by_quantized_multiplier
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.ops.shared import elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel


def prepare(node: Node, sign: int) -> Kernel:
    """Return the kernel for x1 + sign * x2."""
    node.count(2)
    first, second, target = elementwise.operands(node, ACTIVATIONS)
    headroom = 20 if first.dtype == np.int8 else 15
    scales = [np.float64(tensor.scale) for tensor in (first, second)]
    top = 2 * max(scales)
    inner = [node.multiplier(scale / top) for scale in scales]
    outer = node.multiplier(top / ((1 << headroom) * np.float64(target.scale)), 0)
    low, high = activation_range(node.option("activation"), target.scale, target.zero_point, target.dtype)

    def function(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        raised = [
            multiply_by_quantized_multiplier((x.astype(np.int64) - tensor.zero_point) << headroom, *factor)
            for x, tensor, factor in zip((a, b), (first, second), inner, strict=True)
        ]
        total = multiply_by_quantized_multiplier(raised[0] + sign * raised[1], *outer) + target.zero_point
        return np.clip(total, low, high).astype(target.dtype)

    return elementwise.binary(function)
