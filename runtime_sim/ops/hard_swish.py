"""HARD_SWISH: x * min(max(x + 3, 0), 6) / 6, computed in 16-bit fixed point. Tensors are int8.

Source: tensorflow/lite/kernels/internal/reference/hard_swish.h, tensorflow/lite/micro/kernels/hard_swish_common.cc.
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import rdbpot
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time, elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that uses a look-up table."""
    node.count(1)
    source = node.input(0)
    target = node.output(0, shape=source.shape)
    fine = np.float32(1 / 128) * source.scale
    with np.errstate(over="ignore"):
        out_q, out_s = _halved(*node.multiplier(fine / target.scale))
        gate_q, gate_s = _halved(*node.multiplier(fine / np.float32(3 / 32768)))
    if not -14 <= out_s <= 0 or not -14 <= gate_s <= 16:
        node.fail(f"the scales of {source.label} and {target.label} cannot be represented in 16 bits")

    def function(x: np.ndarray) -> np.ndarray:
        raised = (x.astype(np.int64) - source.zero_point) << 7
        product = (raised * out_q + (1 << 14)) >> 15
        gate = (_saturate(raised << max(gate_s - 1, 0)) * gate_q + (1 << 14)) >> 15
        gate = _saturate(gate << 1) if gate_s > 0 else rdbpot(gate, -gate_s)
        gate = (gate + (1 << 15)) >> 1
        # Truncating this product towards zero compensates for the bias that the earlier roundings introduce.
        values = np.trunc(gate * product / (1 << 15)).astype(np.int64)
        return np.clip(rdbpot(values, -out_s) + target.zero_point, -128, 127).astype(np.int8)

    return elementwise.unary(function)


def _halved(q: int, s: int) -> tuple[int, int]:
    """Reduce a 31-bit multiplier to 15 bits."""
    return min((q + (1 << 15)) >> 16, 0x7FFF), s


def _saturate(x: np.ndarray) -> np.ndarray:
    return np.clip(x, -(1 << 15), (1 << 15) - 1)
