"""SOFTMAX over the last axis. Converts int8 to int8 or int16, or int16 to int16 (shared/softmax_int16.py).

The results of int8 have the scale 1/256 and the zero point -128, or 1/65536 and -32768.

The kernel computes the exponentials of the differences from each row's maximum in Q5 with scale * beta, their sum in
Q12 and its reciprocal by Newton's method. Source: tensorflow/lite/kernels/internal/reference/softmax.h.
"""

from math import floor

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import (
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rdbpot,
    srdhm,
)
from ticktalk.runtime_sim.arithmetic.gemmlowp import exp_on_negative_values, leading_zeros, one_over_one_plus
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, softmax_int16
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.axis()
OPTIONS = Options(9, {"beta": Field(0, "f32")})

_INTEGER_BITS = 5
_SUM_BITS = 12


def prepare(node: Node) -> Kernel:
    """Return a kernel that looks up 256 exponentials and computes one reciprocal per row."""
    node.count(1)
    source = node.input(0, ACTIVATIONS)
    if not source.shape:
        node.fail(f"{source.label} has no axis")
    if source.dtype == np.int16:
        return softmax_int16.prepare(node, source)
    target = node.output(0, ACTIVATIONS, source.shape)
    bits, limits = 8 * target.dtype.itemsize, np.iinfo(target.dtype)
    # For int16, TFLite Micro tolerates scales such as 1/65535. The integers do not depend on the scale.
    apart = abs(float(target.scale) * 2.0**bits - 1)
    if target.zero_point != limits.min or apart > (0 if bits == 8 else 0.001):
        node.fail(f"{target.label} must have scale 1/{1 << bits} and zero point {limits.min}")
    beta = node.option("beta")
    if not 0 < beta < 2.0**20:
        node.fail(f"beta {beta} is not supported")
    q, s = quantize_multiplier(min(beta * float(source.scale) * 2 ** (31 - _INTEGER_BITS), 2.0**31 - 1))
    if s < 0:
        node.fail(f"the scale of {source.label} is too small")
    least = -floor(((1 << _INTEGER_BITS) - 1) * 2 ** (31 - _INTEGER_BITS) / 2**s)
    differences = np.arange(256)
    exps = exp_on_negative_values(multiply_by_quantized_multiplier(-differences, q, s), _INTEGER_BITS)
    exps = np.where(-differences >= least, exps, 0)

    def run(x: np.ndarray) -> np.ndarray:
        rows = x.reshape(-1, x.shape[-1]).astype(np.int64)
        values = exps[rows.max(1, keepdims=True) - rows]
        reciprocal, shift = _reciprocal(rdbpot(values, _SUM_BITS).sum(1, keepdims=True))
        result = rdbpot(srdhm(reciprocal, values), shift + 31 - bits) + limits.min
        # A difference that is out of range gives exactly 0 instead of the rounded product.
        result = np.where(values == 0, limits.min, result)
        return np.clip(result, limits.min, limits.max).astype(target.dtype).reshape(x.shape)

    return run


def _reciprocal(total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return 1 / total in F<0> and its right shift. `total` is positive and has _SUM_BITS integer bits."""
    zeros = leading_zeros(total)
    fraction = (total << zeros) - (1 << 31)
    return one_over_one_plus(fraction), _SUM_BITS - zeros
