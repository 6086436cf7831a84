"""SignalPCAN: per-channel amplitude normalisation of uint32 x [C] by a gain that depends on the noise, uint32 [C].

The gain is a piecewise quadratic function of the noise: a constant int16 table has 3 numbers for each power of two.
Source: signal/src/pcan_argc_fixed.cc.
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import wrap_int32
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import CustomOptions
from ticktalk.runtime_sim.ops.shared import along_time, elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = CustomOptions(("snr_shift",))
TABLE = 125  # numbers that the function may read


def prepare(node: Node) -> Kernel:
    """Return a kernel that normalises its input."""
    node.count(3)
    source = elementwise.plain(node, np.uint32, np.uint32)
    shift, table = node.option("snr_shift"), node.constant(2, (np.int16,), plain=True)
    if node.input(1, (np.uint32,)).shape != source.shape or len(source.shape) != 1:
        node.fail("the input and the noise must have the same shape, of rank 1")
    if table.size < TABLE or not 0 <= shift < 64:
        node.fail(f"a table of {table.size} numbers or a shift of {shift} is not supported")

    def run(x: np.ndarray, noise: np.ndarray, table: np.ndarray) -> np.ndarray:
        gain = _gain(noise.astype(np.int64), table.reshape(-1).astype(np.int64)).astype(np.uint32)
        ratio = (x * gain.astype(np.uint64) >> np.uint64(shift)).astype(np.uint32)
        low, high = ratio * ratio >> np.uint32(20), (ratio >> np.uint32(6)) - np.uint32(64)
        return np.where(ratio < 2 << 12, low, high)

    return run


def _gain(noise: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Return the gain, as int16."""
    width = np.array([int(value).bit_length() for value in noise])
    first = np.maximum(4 * width - 6, 0)
    part = np.where(width < 11, noise << np.maximum(11 - width, 0), noise >> np.maximum(width - 11, 0)) & 0x3FF
    slope = (table[first + 2] * part >> 5) + (table[first + 1] << 5)
    result = (wrap_int32(wrap_int32(slope * part) + (1 << 14)) >> 15) + table[first]
    return np.where(noise <= 2, table[np.minimum(noise, 2)], result).astype(np.int16)
