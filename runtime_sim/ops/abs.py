"""ABS: |x|, int8 or int16. The output has its own scale.

Source: tensorflow/lite/micro/kernels/elementwise.cc.
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.ops.shared import along_time, elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that uses a look-up table for int8 and computes int16 directly."""
    node.count(1)
    source = node.input(0, ACTIVATIONS)
    target = node.output(0, (source.dtype.type,), source.shape)
    node.symmetric(source, target)
    q, s = node.multiplier(np.float64(source.scale) / np.float64(target.scale))
    limits = np.iinfo(target.dtype)

    def function(x: np.ndarray) -> np.ndarray:
        size = np.abs(x.astype(np.int64) - source.zero_point)
        values = multiply_by_quantized_multiplier(size, q, s) + target.zero_point
        return np.clip(values, limits.min, limits.max).astype(target.dtype)

    return elementwise.unary(function) if source.dtype == np.int8 else function
