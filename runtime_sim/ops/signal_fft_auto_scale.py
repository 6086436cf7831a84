"""SignalFftAutoScale: shift int16 x [N] left as far as its greatest magnitude allows, and return the int32 shift.

Source: signal/src/fft_auto_scale.cc, signal/src/max_abs.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time, elementwise
from ticktalk.runtime_sim.ops.shared.kernel import ManyKernel

ALONG_TIME = along_time.MIXED
OPTIONS = None


def prepare(node: Node) -> ManyKernel:
    """Return a kernel that returns the scaled values and the shift."""
    node.count(1, outputs=2)
    if len(elementwise.plain(node, np.int16, np.int16).shape) != 1:
        node.fail("needs an input of rank 1")
    node.output(1, (np.int32,), ())

    def run(x: np.ndarray) -> list[np.ndarray]:
        bits = max(15 - _width(_greatest(x.tolist())), 0)
        return [x << np.int16(bits), np.array(bits, np.int32)]

    return run


def _greatest(values: list[int]) -> int:
    """Return the greatest magnitude as int16. The magnitude 32768 wraps, so that later values replace it."""
    most = 0
    for value in values:
        if value > most:
            most = value
        elif -value > most:
            most = -value if value > -32768 else -32768
    return most


def _width(value: int) -> int:
    """Return the number of significant bits of a 32-bit integer, and 32 for 0, as TFLite Micro does."""
    return (value & 0xFFFFFFFF).bit_length() or 32
