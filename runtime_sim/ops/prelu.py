"""PRELU: x if x >= 0, else alpha * x. Tensors are int8, or int16 with int8 alpha. alpha broadcasts against x.

Source: tensorflow/lite/kernels/internal/reference/prelu.h.
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, INT8, Node
from ticktalk.runtime_sim.ops.shared import along_time, elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that rescales each element with one of two factors."""
    node.count(2)
    source, slope, target = elementwise.operands(node, ACTIVATIONS, second=INT8)
    node.symmetric(source, target)
    limits = np.iinfo(target.dtype)
    scale = np.float64(target.scale)
    positive = node.multiplier(np.float64(source.scale) / scale)
    negative = node.multiplier(np.float64(source.scale) * np.float64(slope.scale) / scale)

    def function(x: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        centred = x.astype(np.int64) - source.zero_point
        above = multiply_by_quantized_multiplier(centred, *positive)
        product = centred * (alpha.astype(np.int64) - slope.zero_point)
        values = np.where(centred >= 0, above, multiply_by_quantized_multiplier(product, *negative)) + target.zero_point
        return np.clip(values, limits.min, limits.max).astype(target.dtype)

    return elementwise.binary(function)
