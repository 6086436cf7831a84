"""MUL: x1 * x2 with broadcasting. The result is z_y + M((x1 - z1) * (x2 - z2), s1 * s2 /
s_y) for int8 and int16. See shared/plain.py for int32 and float32.

Source: tensorflow/lite/kernels/internal/reference/integer_ops/mul.h.
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import activation_range, multiply_by_quantized_multiplier
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, elementwise, plain
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
OPTIONS = Options(21, {"activation": Field(0, "activation")})


def prepare(node: Node) -> Kernel:
    """Return a kernel that multiplies its operands."""
    if plain.is_plain(node):
        return plain.product(node)
    node.count(2)
    first, second, target = elementwise.operands(node, ACTIVATIONS)
    q, s = node.multiplier(np.float64(first.scale) * np.float64(second.scale) / np.float64(target.scale))
    low, high = activation_range(node.option("activation"), target.scale, target.zero_point, target.dtype)

    def function(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        product = (a.astype(np.int64) - first.zero_point) * (b.astype(np.int64) - second.zero_point)
        values = multiply_by_quantized_multiplier(product, q, s) + target.zero_point
        return np.clip(values, low, high).astype(target.dtype)

    return elementwise.binary(function)
