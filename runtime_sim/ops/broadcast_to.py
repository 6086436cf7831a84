"""BROADCAST_TO: repeat x along axes of extent 1 to reach a constant shape. Tensors are int8 or int16."""

import numpy as np

from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that repeats the values."""
    node.count(2)
    source, shape = node.input(0, ACTIVATIONS), tuple(node.integers(1))
    target = node.output(0, (source.dtype.type,), shape)
    padded = (1,) * (len(shape) - len(source.shape)) + source.shape
    if len(padded) != len(shape) or any(a not in (1, b) for a, b in zip(padded, shape, strict=True)):
        node.fail(f"{source.label} of shape {list(source.shape)} cannot be broadcast to {list(shape)}")
    node.same_quantisation(source, target)
    return lambda x, *_: np.ascontiguousarray(np.broadcast_to(x, shape))
