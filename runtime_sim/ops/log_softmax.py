"""LOG_SOFTMAX over the last axis. Converts int8 to int8 with scale 1/16 and zero point 127.

Source: tensorflow/lite/kernels/internal/reference/log_softmax.h, tensorflow/lite/kernels/internal/common.h.
"""

from math import floor

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier, quantize_multiplier, rdbpot
from ticktalk.runtime_sim.arithmetic.gemmlowp import exp_on_negative_values, log_of_at_least_one
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.axis()
OPTIONS = None

_INTEGER_BITS = 5
_SUM_BITS = 12
_OUTPUT_BITS = 4


def prepare(node: Node) -> Kernel:
    """Return a kernel that looks up 256 exponentials and computes one logarithm per row."""
    node.count(1)
    source = node.input(0)
    if not source.shape:
        node.fail(f"{source.label} has no axis")
    target = node.output(0, shape=source.shape)
    if (float(target.scale), target.zero_point) != (1 / 16, 127):
        node.fail(f"{target.label} must have scale 1/16 and zero point 127")
    if quantize_multiplier(_factor(source))[1] < 1:
        node.fail(f"the scale of {source.label} is too small")
    exps, factor, reverse, least = exponentials(source)
    scaled = multiply_by_quantized_multiplier(-np.arange(256), *factor)

    def run(x: np.ndarray) -> np.ndarray:
        rows = x.reshape(-1, x.shape[-1]).astype(np.int64)
        distance = rows.max(1, keepdims=True) - rows
        logarithm = log_of_at_least_one(exps[distance].sum(1, np.int64, keepdims=True), _SUM_BITS, _INTEGER_BITS)
        limit = np.maximum(least - 1, multiply_by_quantized_multiplier(logarithm - (1 << 31), *reverse))
        values = rdbpot(scaled[distance] - logarithm, 31 - _INTEGER_BITS - _OUTPUT_BITS) + 127
        values = np.where(-distance > limit, np.clip(values, -128, 127), -128)
        return values.astype(np.int8).reshape(x.shape)

    return run


def exponentials(source: Tensor) -> tuple[np.ndarray, tuple[int, int], tuple[int, int], int]:
    """Return exp(-s_x * d) for d = 0 .. 255, and the constants for scaling differences.

    The exponentials have _SUM_BITS integer bits, and are 0 if the difference is out of range. The constants are the
    factor that scales differences to _INTEGER_BITS integer bits, its reciprocal, and the smallest
    difference in range.
    """
    q, s = quantize_multiplier(_factor(source))
    least = -floor(((1 << _INTEGER_BITS) - 1) * 2 ** (31 - _INTEGER_BITS) / 2**s)
    differences = -np.arange(256)
    reached = differences >= least
    scaled = np.where(reached, multiply_by_quantized_multiplier(differences, q, s), 0)
    exps = np.where(reached, rdbpot(exp_on_negative_values(scaled, _INTEGER_BITS), _SUM_BITS), 0)
    return exps.astype(np.int32), (q, s), quantize_multiplier(2.0 ** (31 - s) / q), least


def _factor(source: Tensor) -> float:
    return min(float(source.scale) * 2 ** (31 - _INTEGER_BITS), 2.0**31 - 1)
