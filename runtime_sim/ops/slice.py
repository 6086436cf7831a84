"""SLICE: x[begin : begin + size] along each axis. Tensors are int8 or int16.

begin and size are int32 [rank]. A size of -1 selects the rest of the axis.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.CROP
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that copies the slice."""
    node.count(3)
    source = node.input(0, ACTIVATIONS)
    begin, sizes = node.integers(1), node.integers(2)
    if not len(begin) == len(sizes) == len(source.shape):
        node.fail("begin and size must have one value per axis")
    parts = []
    for extent, start, size in zip(source.shape, begin, sizes, strict=True):
        stop = extent if size == -1 else start + size
        if not 0 <= start < stop <= extent:
            node.fail(f"begin {start} and size {size} are out of range for an axis of {extent} values")
        parts.append(slice(start, stop))
    target = node.output(0, (source.dtype.type,), tuple(part.stop - part.start for part in parts))
    node.same_quantisation(source, target)
    index = tuple(parts)
    return lambda x, *_: np.ascontiguousarray(x[index])
