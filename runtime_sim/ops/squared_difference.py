"""SQUARED_DIFFERENCE: (x1 - x2)^2 with broadcasting. Tensors are int8. Both operands are first rescaled, with 7 bits of
headroom.

Source: tensorflow/lite/micro/kernels/squared_difference.cc.
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier
from ticktalk.runtime_sim.graphs.node import INT8, Node
from ticktalk.runtime_sim.ops.shared import along_time, elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
OPTIONS = None

_HEADROOM = 7


def prepare(node: Node) -> Kernel:
    """Return a kernel that squares the difference of the rescaled operands."""
    node.count(2)
    first, second, target = elementwise.operands(node, INT8)
    scales = [np.float64(tensor.scale) for tensor in (first, second)]
    top = 2 * max(scales)
    inner = [node.multiplier(scale / top) for scale in scales]
    outer = node.multiplier(top * top / ((1 << 2 * _HEADROOM) * np.float64(target.scale)))

    def function(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        raised = [
            multiply_by_quantized_multiplier((x.astype(np.int64) - tensor.zero_point) << _HEADROOM, *factor)
            for x, tensor, factor in zip((a, b), (first, second), inner, strict=True)
        ]
        square = (raised[0] - raised[1]) ** 2
        values = multiply_by_quantized_multiplier(square, *outer) + target.zero_point
        return np.clip(values, -128, 127).astype(np.int8)

    return elementwise.binary(function)
