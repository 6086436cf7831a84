"""DYNAMIC_UPDATE_SLICE: replace the part of x that starts at constant indices with `update`. Tensors are int8.

Indices are clamped so that the part fits inside x. Source: tensorflow/lite/micro/kernels/dynamic_update_slice.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that copies x and then overwrites the part."""
    node.count(3)
    source, update, starts = node.input(0), node.input(1), node.integers(2)
    if not len(source.shape) == len(update.shape) == len(starts):
        node.fail(f"{source.label}, {update.label} and the indices must have the same rank")
    rooms = [extent - part for extent, part in zip(source.shape, update.shape, strict=True)]
    if min(rooms, default=0) < 0:
        node.fail(f"{update.label} of shape {list(update.shape)} does not fit in {list(source.shape)}")
    node.same_quantisation(source, update, node.output(0, shape=source.shape))
    firsts = [min(max(0, start), room) for start, room in zip(starts, rooms, strict=True)]
    index = tuple(slice(first, first + part) for first, part in zip(firsts, update.shape, strict=True))

    def run(x: np.ndarray, part: np.ndarray, *_: object) -> np.ndarray:
        values = np.array(x)
        values[index] = part
        return values

    return run
