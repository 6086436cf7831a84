"""LOGISTIC and TANH: look-up tables for int8, computed with gemmlowp's functions in Q4.

int16 uses the functions of arithmetic/sigmoid_table.py. Outputs have scale 2^-15 and zero point 0.

Source: tensorflow/lite/kernels/internal/reference/integer_ops/logistic.h and tanh.h.
"""

from collections.abc import Callable
from math import floor, frexp

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier, rdbpot
from ticktalk.runtime_sim.arithmetic.sigmoid_table import input_factor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.ops.shared import elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

_INTEGER_BITS = 4


def prepare(
    node: Node,
    function: Callable[[np.ndarray, int], np.ndarray],
    scale: float,
    zero_point: int,
    wide: Callable[[np.ndarray, int, int], np.ndarray],
    most_shift: int,
) -> Kernel:
    """Return the kernel for gemmlowp's `function`. An int8 output must have `scale` and `zero_point`.

    For int16, `wide` computes the results, with `input_factor(.., most_shift)`.

    Inputs outside the range of Q4 saturate. The result is reduced to 8 bits by a right shift of 23 (for 1/256) or 24
    (for 1/128).
    """
    node.count(1)
    source = node.input(0, ACTIVATIONS)
    if source.dtype == np.int16:
        return _int16(node, wide, most_shift)
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


def _int16(node: Node, function: Callable[[np.ndarray, int, int], np.ndarray], most_shift: int) -> Kernel:
    source = node.input(0, ACTIVATIONS)
    target = node.output(0, (np.int16,), source.shape)
    node.symmetric(source, target)
    if float(target.scale) != 2.0**-15:
        node.fail(f"{target.label} must have scale 2^-15")
    multiplier, shift = input_factor(source.scale, most_shift)
    if not 0 < multiplier < 1 << 15 or shift > 30:
        node.fail(f"the scale {source.scale} of {source.label} is not supported")
    return lambda x: np.clip(function(x.astype(np.int64), multiplier, shift), -32768, 32767).astype(np.int16)
