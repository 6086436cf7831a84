"""LEAKY_RELU: x if x >= 0, else alpha * x. Tensors are int8 or int16. The output has its own scale.

The factors are computed in float32 for int8, because int8 results do not depend on the last bit, and in float64 for
int16. Source: tensorflow/lite/micro/kernels/leaky_relu_common.cc.
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
OPTIONS = Options(75, {"alpha": Field(0, "f32", 0.0)})


def prepare(node: Node) -> Kernel:
    """Return a kernel that uses a look-up table for int8 and computes int16 directly."""
    node.count(1)
    source = node.input(0, ACTIVATIONS)
    target = node.output(0, (source.dtype.type,), source.shape)
    node.symmetric(source, target)
    limits = np.iinfo(target.dtype)
    alpha = np.float32(node.option("alpha"))
    if not abs(alpha) < 2.0**7:
        node.fail(f"alpha {alpha} is not supported")
    above, below = (node.multiplier(factor) for factor in factors(source, target, alpha))

    def function(x: np.ndarray) -> np.ndarray:
        centred = x.astype(np.int64) - source.zero_point
        positive, negative = (multiply_by_quantized_multiplier(centred, *factor) for factor in (above, below))
        values = np.where(centred >= 0, positive, negative) + target.zero_point
        return np.clip(values, limits.min, limits.max).astype(target.dtype)

    return elementwise.unary(function) if source.dtype == np.int8 else function


def factors(source: Tensor, target: Tensor, alpha: np.float32) -> tuple[np.floating, np.floating]:
    """Return the factors for positive and for negative values."""
    if source.dtype == np.int16:
        scale = np.float64(source.scale) / np.float64(target.scale)
        return scale, np.float64(source.scale) * np.float64(alpha) / np.float64(target.scale)
    with np.errstate(over="ignore"):
        return source.scale / target.scale, source.scale * alpha / target.scale
