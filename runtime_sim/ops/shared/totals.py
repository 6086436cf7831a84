"""ADD_N and CUMSUM: sums of any number of int8 terms that share a scale, with 20 bits of headroom.

y = clamp(z_y + M(((sum of x - z_x) - z_x) * 2^19, 2 * s_x / (2^20 * s_y))). The last - z_x is needed because TFLite
Micro starts each sum with 0 - z_x. Sums wrap at 32 bits.
Source: tensorflow/lite/kernels/internal/reference/add_n.h, cumsum.h.
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier, wrap_int32
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import Node

_HEADROOM = 20


def factor(node: Node, source: Tensor, target: Tensor) -> tuple[int, int]:
    """Return the multiplier and the shift of the sums, which must not be shifted left."""
    return node.multiplier(2 * np.float64(source.scale) / ((1 << _HEADROOM) * np.float64(target.scale)), 0)


def finish(sums: np.ndarray, target: Tensor, q: int, s: int) -> np.ndarray:
    """Return the int8 results for `sums`, the int64 sums of all terms and of -z_x."""
    raised = wrap_int32(sums << (_HEADROOM - 1))
    return np.clip(multiply_by_quantized_multiplier(raised, q, s) + target.zero_point, -128, 127).astype(np.int8)
