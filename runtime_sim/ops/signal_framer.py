"""SignalFramer: int16 x [..., N * step] -> overlapping frames [..., N, frame_size], and true.

The state holds the last `frame_size` samples. Without `prefill`, TFLite Micro does not initialise frames until it has
enough samples. Source: signal/micro/kernels/framer.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import CustomOptions
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import ManyKernel

ALONG_TIME = along_time.MIXED
OPTIONS = CustomOptions(("frame_size", "frame_step", "prefill"))


def state(node: Node) -> np.ndarray:
    """Return the initial state."""
    node.count(1, outputs=2)
    source, size, step = node.input(0, (np.int16,), plain=True), node.option("frame_size"), node.option("frame_step")
    if not source.shape or not 0 < step <= size < 1 << 16 or source.shape[-1] % step:
        node.fail(f"{source.label} cannot be split into frames of {size} samples, {step} apart")
    if size > step and not node.option("prefill"):
        node.fail("frames without prefill, which TFLite Micro does not initialise, are not supported")
    *outer, length = source.shape
    node.output(0, (np.int16,), (*outer, length // step, size), plain=True)
    node.output(1, (np.bool_,), ())
    return np.zeros((source.size // length, size), np.int16)


def prepare(node: Node) -> ManyKernel:
    """Return a kernel that returns the frames, true, and the new state."""
    target, step = node.output(0, (np.int16,), plain=True), node.option("frame_step")
    *_, count, size = target.shape

    def run(x: np.ndarray, state: np.ndarray) -> list[np.ndarray]:
        both = np.concatenate([state, x.reshape(len(state), -1)], axis=1)
        frames = [both[:, i * step : i * step + size] for i in range(1, count + 1)]
        return [np.stack(frames, axis=1).reshape(target.shape), np.array(True), frames[-1]]

    return run
