"""ELU: x if x >= 0, otherwise exp(x) - 1. Tensors are int8, and the table is computed in float32.

Source: tensorflow/lite/micro/kernels/elu.cc.
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import round_half_away
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

    def function(x: np.ndarray) -> np.ndarray:
        real = source.scale * (x.astype(np.int64) - source.zero_point).astype(np.float32)
        # This rounds the exact result, as expf does. A difference of one bit would not change the int8 result.
        curved = np.exp(np.minimum(real, 0).astype(np.float64)).astype(np.float32) - np.float32(1)
        steps = round_half_away(np.where(real < 0, curved, real) * (np.float32(1) / target.scale))
        return np.clip(np.clip(steps, -(2.0**24), 2.0**24) + target.zero_point, -128, 127).astype(np.int8)

    return elementwise.unary(function)
