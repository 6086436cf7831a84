"""L2_NORMALIZATION: x / sqrt(sum of x^2) along the last axis. Converts int8 to int8 with scale 1/128 and zero point 0.

Source: tensorflow/lite/kernels/internal/reference/integer_ops/l2normalization.h.
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.rsqrt import inverse_root
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.axis()
OPTIONS = Options(12, {"activation": Field(0, "activation")})

_LONGEST = (1 << 29) // (255 * 255)  # longer rows could exceed the range in which the root is exact
_OUTPUT_BITS = 7


def prepare(node: Node) -> Kernel:
    """Return a kernel that computes one inverse root per row."""
    node.count(1)
    source = node.input(0)
    target = node.output(0, shape=source.shape)
    if not 1 <= len(source.shape) <= 4 or source.shape[-1] > _LONGEST:
        node.fail(f"{source.label} must have rank 1 to 4 and rows of at most {_LONGEST} values")
    if (float(target.scale), target.zero_point) != (1 / 128, 0):
        node.fail(f"{target.label} must have scale 1/128 and zero point 0")
    if node.option("activation") != "NONE":
        node.fail("a fused activation is not supported")

    def run(x: np.ndarray) -> np.ndarray:
        centred = x.astype(np.int64) - source.zero_point
        squares = (centred * centred).sum(-1, keepdims=True)
        root, shift = inverse_root(np.maximum(squares, 1))
        values = multiply_by_quantized_multiplier(centred, root, shift + _OUTPUT_BITS)
        return np.clip(values, -128, 127).astype(np.int8)

    return run
