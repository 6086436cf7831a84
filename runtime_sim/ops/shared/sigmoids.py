"""LOGISTIC and TANH for int8: look-up tables computed with gemmlowp's functions in Q4.

Source: tensorflow/lite/kernels/internal/reference/integer_ops/logistic.h and tanh.h.
"""

from collections.abc import Callable
from math import floor, frexp

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier, rdbpot
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

_INTEGER_BITS = 4


def prepare(node: Node, function: Callable[[np.ndarray, int], np.ndarray], scale: float, zero_point: int) -> Kernel:
    """Return the kernel for gemmlowp's `function`. The output must have `scale` and `zero_point`.

    Inputs outside the range of Q4 saturate. The result is reduced to 8 bits by a right shift of 23 (for 1/256) or 24
    (for 1/128).
    """
    node.count(1)
    source = node.input(0)
    target = node.output(0, shape=source.shape)
    if (float(target.scale), target.zero_point) != (scale, zero_point):
        node.fail(f"{target.label} must have scale {scale} and zero point {zero_point}")
    mantissa, s = frexp(float(source.scale) * 2 ** (31 - _INTEGER_BITS))
    q = floor(mantissa * 2**31 + 0.5)
    if not -31 <= s <= 31:
        node.fail(f"the scale {source.scale} of {source.label} is not supported")
    # Inputs of this magnitude or more saturate. The difference of two int8 values never exceeds 255.
    reach = min(256, floor(((1 << _INTEGER_BITS) - 1) * 2 ** (31 - _INTEGER_BITS) / 2.0**s))
    shift = 31 + frexp(scale)[1] - 1

    def table(x: np.ndarray) -> np.ndarray:
        centred = x.astype(np.int64) - source.zero_point
        inner = multiply_by_quantized_multiplier(np.clip(centred, -reach, reach), q, s)
        values = np.clip(rdbpot(function(inner, _INTEGER_BITS), shift) + zero_point, -128, 127)
        return np.where(centred <= -reach, -128, np.where(centred >= reach, 127, values)).astype(np.int8)

    return elementwise.unary(table)
