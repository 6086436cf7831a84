"""SignalWindow: clamp((x * window) >> shift) for each frame of int16 x [..., N] and a constant int16 window [N].

Source: signal/src/window.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import CustomOptions
from ticktalk.runtime_sim.ops.shared import along_time, elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = CustomOptions(("shift",))


def prepare(node: Node) -> Kernel:
    """Return a kernel that applies the window."""
    node.count(2)
    source = elementwise.plain(node, np.int16, np.int16)
    window, shift = node.constant(1, (np.int16,), plain=True), node.option("shift")
    if not source.shape or window.shape != source.shape[-1:]:
        node.fail(f"the window has shape {list(window.shape)}, but frames have shape {list(source.shape[-1:])}")
    if not 0 <= shift < 32:
        node.fail(f"a shift of {shift} is not supported")

    def run(x: np.ndarray, window: np.ndarray) -> np.ndarray:
        return (x.astype(np.int32) * window >> shift).clip(-32768, 32767).astype(np.int16)

    return run
