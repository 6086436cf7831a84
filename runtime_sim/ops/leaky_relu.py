"""LEAKY_RELU: x if x >= 0, else alpha * x, int8. The output has its own scale.

Both factors are computed in float32. Source: tensorflow/lite/micro/kernels/leaky_relu_common.cc.
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
OPTIONS = Options(75, {"alpha": Field(0, "f32", 0.0)})


def prepare(node: Node) -> Kernel:
    """Return a kernel that uses a look-up table."""
    node.count(1)
    source = node.input(0)
    target = node.output(0, shape=source.shape)
    alpha = np.float32(node.option("alpha"))
    if not abs(alpha) < 2.0**7:
        node.fail(f"alpha {alpha} is not supported")
    with np.errstate(over="ignore"):
        positive = node.multiplier(source.scale / target.scale)
        negative = node.multiplier(source.scale * alpha / target.scale)

    def function(x: np.ndarray) -> np.ndarray:
        centred = x.astype(np.int64) - source.zero_point
        above, below = (multiply_by_quantized_multiplier(centred, *factor) for factor in (positive, negative))
        values = np.where(centred >= 0, above, below) + target.zero_point
        return np.clip(values, -128, 127).astype(np.int8)

    return elementwise.unary(function)
