"""SignalStacker: int16 x [C] -> the last rows, [(left + 1) * C], and whether they are new.

They are new once every `stacker_step` runs. Before the first row, copies of it fill the stack. The result and the last
rows are variables of the model. With a right context, TFLite Micro does not initialise the result until it has enough
rows.
Source: signal/micro/kernels/stacker.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import CustomOptions
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import ManyKernel

ALONG_TIME = along_time.MIXED
OPTIONS = CustomOptions(("num_channels", "stacker_left_context", "stacker_right_context", "stacker_step"))


def state(node: Node) -> np.ndarray:
    """Return the initial state: -1, later the number of runs before the next result, and then the rows."""
    node.count(2, outputs=2)
    source, channels = node.input(0, (np.int16,), rank=1, plain=True), node.option("num_channels")
    left, step = node.option("stacker_left_context"), node.option("stacker_step")
    if source.shape != (channels,) or left < 0 or not 0 < step <= left + 1 < 1 << 15:
        node.fail(f"{source.label} cannot be stacked with {left} of {channels} channels, in steps of {step}")
    if node.option("stacker_right_context"):
        node.fail("a right context, for which TFLite Micro returns uninitialised results, is not supported")
    node.output(0, (np.int16,), (channels * (left + 1),), plain=True)
    node.output(1, (np.bool_,), ())
    return np.array([-1] + channels * (left + 1) * [0], np.int16)


def prepare(node: Node) -> ManyKernel:
    """Return a kernel that returns the rows, whether they are new, and the new state."""
    channels, step = node.option("num_channels"), node.option("stacker_step")

    def run(x: np.ndarray, last: np.ndarray, state: np.ndarray) -> list[np.ndarray]:
        wait, rows = int(state[0]), np.concatenate([state[1 + channels :], x])
        if wait < 0:
            wait, rows = 0, np.tile(x, last.size // channels)
        due = wait == 0
        wait = (step if due else wait) - 1
        return [rows if due else last, np.array(due), np.concatenate([[np.int16(wait)], rows])]

    return run
