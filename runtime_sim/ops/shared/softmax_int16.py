"""SOFTMAX of int16, with interpolated exponentials and reciprocals. Outputs have scale 2^-15 and zero point 0.

Source: SoftmaxInt16 in tensorflow/lite/kernels/internal/reference/softmax.h.
"""

from functools import cache

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier
from ticktalk.runtime_sim.arithmetic.gemmlowp import leading_zeros
from ticktalk.runtime_sim.arithmetic.interpolation import look_up, table
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared.kernel import Kernel


@cache
def tables() -> tuple[np.ndarray, np.ndarray]:
    """Return the tables of exp(x) for -10 <= x <= 0 and of 1 / (1 + x) for 0 <= x <= 1."""
    exponentials = table(lambda x: np.exp(x.astype(np.float64)).astype(np.float32), 10, 32767)
    return exponentials, table(lambda x: np.float32(1) / (np.float32(1) + x), 1, -32768)


def factor(node: Node, source: Tensor) -> tuple[int, int]:
    """Return the multiplier and the shift that convert -10 to -65535."""
    return node.multiplier(np.float64(source.scale) * np.float64(np.float32(node.option("beta"))) / (10 / 65535), 14)


def prepare(node: Node, source: Tensor) -> Kernel:
    """Return a kernel that computes one reciprocal per row."""
    target = node.output(0, (np.int16,), source.shape)
    node.symmetric(source, target)
    if source.shape[-1] >= 1 << 16:
        node.fail(f"sums of {source.shape[-1]} values can overflow 32 bits")
    if float(target.scale) != 2.0**-15:
        node.fail(f"{target.label} must have scale 2^-15")
    q, s = factor(node, source)
    exponentials, reciprocals = tables()

    def run(x: np.ndarray) -> np.ndarray:
        values = x.astype(np.int64)
        scaled = multiply_by_quantized_multiplier(values - values.max(-1, keepdims=True), q, s)
        exps = look_up(np.clip(scaled + 32767, -32768, 32767), exponentials)
        total = exps.sum(-1, keepdims=True)
        zeros = leading_zeros(total)
        place = (((total << (zeros - 1)) + (1 << 13)) >> 14) - (1 << 15) - (1 << 16)
        reciprocal = look_up(np.clip(place, -32768, 32767), reciprocals)
        shift = 31 - zeros
        results = (exps * reciprocal + (np.int64(1) << (shift - 1))) >> shift
        return np.clip(results, 0, 32767).astype(np.int16)

    return run
