"""CIRCULAR_BUFFER: append x [B, 1, W, C] int8 to the rows that are kept, [B, N, W, C], and drop the first one.

The rows are a variable of the model. TFLite Micro stops the run early unless `cycles_max` is 1. Source:
tensorflow/lite/micro/kernels/circular_buffer.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import CustomOptions
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = CustomOptions(("cycles_max",))


def prepare(node: Node) -> Kernel:
    """Return a kernel that returns the new rows."""
    node.count(2)
    source, kept = node.input(0, rank=4), node.output(0)
    if len(kept.shape) != 4 or source.shape != (1, 1, *kept.shape[2:]) or kept.shape[0] != 1:
        node.fail(f"a row of shape {list(source.shape)} cannot be appended to {list(kept.shape)}")
    if node.option("cycles_max") != 1:
        node.fail(f"cycles_max {node.option('cycles_max')}, which ends runs early, is not supported")
    node.same_quantisation(source, kept)
    return lambda x, rows: np.concatenate([rows[:, 1:], x], axis=1)
