"""RELU: max(x, 0), int8. The output has its own scale.

Source: tensorflow/lite/micro/kernels/activations_common.cc.
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time, elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that uses a look-up table."""
    node.count(1)
    source = node.input(0)
    target = node.output(0, shape=source.shape)
    q, s = node.multiplier(np.float64(source.scale) / np.float64(target.scale))

    def function(x: np.ndarray) -> np.ndarray:
        scaled = multiply_by_quantized_multiplier(x.astype(np.int64) - source.zero_point, q, s) + target.zero_point
        return np.clip(scaled, target.zero_point, 127).astype(np.int8)

    return elementwise.unary(function)
