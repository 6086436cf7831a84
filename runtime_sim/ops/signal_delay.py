"""SignalDelay: delay int16 x [..., N] by `delay_length` samples, which start as zeros.

The state holds the samples that have not been returned yet. Source: signal/micro/kernels/delay.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.graph import MAX_COMPUTED_ELEMENTS
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import CustomOptions
from ticktalk.runtime_sim.ops.shared import along_time, elementwise
from ticktalk.runtime_sim.ops.shared.kernel import ManyKernel

ALONG_TIME = along_time.MIXED
OPTIONS = CustomOptions(("delay_length",))


def state(node: Node) -> np.ndarray:
    """Return the initial state."""
    node.count(1)
    source, delay = elementwise.plain(node, np.int16, np.int16), node.option("delay_length")
    if not source.shape or not 0 < delay < 1 << 16:
        node.fail(f"a delay of {delay} samples is not supported")
    rows = source.size // source.shape[-1]
    if rows * delay > MAX_COMPUTED_ELEMENTS:
        node.fail(f"a delay of {rows} x {delay} samples is too long for a watch")
    return np.zeros((rows, delay), np.int16)


def prepare(node: Node) -> ManyKernel:
    """Return a kernel that returns the delayed samples and the new state."""
    source = node.input(0, (np.int16,), plain=True)
    length = source.shape[-1]

    def run(x: np.ndarray, state: np.ndarray) -> list[np.ndarray]:
        both = np.concatenate([state, x.reshape(-1, length)], axis=1)
        return [both[:, :length].reshape(x.shape), both[:, length:]]

    return run
