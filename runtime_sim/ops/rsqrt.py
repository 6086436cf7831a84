"""RSQRT: 1 / sqrt(x) by Newton's method. Tensors are int8. The result for 0 is the maximum output value.

TFLite Micro fails if x is negative. This implementation treats negative values as 0.
Source: tensorflow/lite/micro/kernels/elementwise.cc, tensorflow/lite/kernels/internal/common.h
(GetInvSqrtQuantizedMultiplierExp).
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier, rdbpot, srdhm
from ticktalk.runtime_sim.arithmetic.gemmlowp import leading_zeros, shift_left
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time, elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
OPTIONS = None

_SHIFT = 20


def prepare(node: Node) -> Kernel:
    """Return a kernel that uses a look-up table."""
    node.count(1)
    source = node.input(0)
    target = node.output(0, shape=source.shape)
    q, s = node.multiplier(1 / (np.sqrt(np.float64(source.scale)) * np.float64(target.scale)), 50)
    if s < -11:
        node.fail(f"the scales of {source.label} and {target.label} cannot be represented in 32 bits")

    def function(x: np.ndarray) -> np.ndarray:
        centred = x.astype(np.int64) - source.zero_point
        root, shift = inverse_root(np.maximum(centred, 1))
        raised = multiply_by_quantized_multiplier(np.ones_like(centred), root, shift + _SHIFT)
        values = multiply_by_quantized_multiplier(raised, q, s - _SHIFT) + target.zero_point
        return np.where(centred <= 0, 127, np.clip(values, -128, 127)).astype(np.int8)

    return elementwise.unary(function)


def inverse_root(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return 1 / sqrt(x) for integers from 1 to 2^29 - 1, as 31-bit multipliers and left shifts."""
    pairs = (leading_zeros(x) - 1) // 2 - 1
    shift = 11 - pairs
    half = rdbpot((x << 2 * pairs) >> 1, 1)
    guess = np.full_like(x, 1 << 28)
    for _ in range(5):
        cube = shift_left(srdhm(srdhm(guess, guess), guess), 6)
        guess = shift_left(srdhm(3 << 27, guess) - srdhm(half, cube), 3)
    root = srdhm(guess, 1518500250)
    root, shift = root << np.maximum(-shift, 0), np.maximum(shift, 0)
    return np.where(x == 1, (1 << 31) - 1, root), np.where(x == 1, 0, -shift)
