"""TRANSPOSE: permute the axes. Tensors are int8 or int16. The permutation is int32 [rank]."""

import numpy as np

from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that copies the transposed values."""
    node.count(2)
    source = node.input(0, ACTIVATIONS)
    order = node.integers(1)
    if sorted(order) != list(range(len(source.shape))):
        node.fail(f"{order[:9]} is not a permutation of {len(source.shape)} axes")
    target = node.output(0, (source.dtype.type,), tuple(source.shape[axis] for axis in order))
    node.same_quantisation(source, target)
    return lambda x, *_: np.ascontiguousarray(x.transpose(order))
