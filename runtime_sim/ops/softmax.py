"""SOFTMAX over the last axis: int8 to int8 with scale 1/256 and zero point -128, or int16 (shared/softmax_int16.py).

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
    target = node.output(0, shape=source.shape)
    if (float(target.scale), target.zero_point) != (1 / 256, -128):
        node.fail(f"{target.label} must have scale 1/256 and zero point -128")
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
        reciprocal, bits = _reciprocal(rdbpot(values, _SUM_BITS).sum(1, keepdims=True))
        result = rdbpot(srdhm(reciprocal, values), bits + 31 - 8) - 128
        # A difference that is out of range gives exactly 0 instead of the rounded product.
        result = np.where(values == 0, -128, result)
        return np.clip(result, -128, 127).astype(np.int8).reshape(x.shape)

    return run


def _reciprocal(total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return 1 / total in F<0> and its right shift. `total` is positive and has _SUM_BITS integer bits."""
    zeros = leading_zeros(total)
    fraction = (total << zeros) - (1 << 31)
    return one_over_one_plus(fraction), _SUM_BITS - zeros
