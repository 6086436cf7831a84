"""SignalOverlapAdd: add int16 frames x [..., N, size] that are `frame_step` samples apart, -> [..., N * step].

The state holds the sums that are not yet complete. Sums saturate. Source: signal/src/overlap_add.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import CustomOptions
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import ManyKernel

ALONG_TIME = along_time.MIXED
OPTIONS = CustomOptions(("T", "frame_step"))


def state(node: Node) -> np.ndarray:
    """Return the initial state."""
    node.count(1)
    source, step = node.input(0, (np.int16,), plain=True), node.option("frame_step")
    if len(source.shape) < 2 or not 0 < step <= source.shape[-1]:
        node.fail(f"frames of shape {list(source.shape)}, {step} samples apart, are not supported")
    *outer, count, size = source.shape
    node.output(0, (np.int16,), (*outer, count * step), plain=True)
    return np.zeros((source.size // (count * size), size), np.int16)


def prepare(node: Node) -> ManyKernel:
    """Return a kernel that returns the complete sums and the new state."""
    source, target = node.input(0, (np.int16,), plain=True), node.output(0, (np.int16,), plain=True)
    *_, count, size = source.shape
    step = node.option("frame_step")

    def run(x: np.ndarray, state: np.ndarray) -> list[np.ndarray]:
        results = []
        for frame in x.reshape(-1, count, size).swapaxes(0, 1):
            sums = (state.astype(np.int32) + frame).clip(-32768, 32767).astype(np.int16)
            results.append(sums[:, :step])
            state = np.concatenate([sums[:, step:], np.zeros_like(sums[:, :step])], axis=1)
        return [np.stack(results, axis=1).reshape(target.shape), state]

    return run
