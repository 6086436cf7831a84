"""GATHER_ND: select elements or slices of x by constant int32 indices [..., n] of its first n axes. Tensors are
int8."""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that copies the selected slices."""
    node.count(2)
    source, indices = node.input(0), node.constant(1, (np.int32,))
    axes = indices.shape[-1] if indices.shape else 0
    if not 0 < axes <= len(source.shape):
        node.fail(f"{axes} indices do not match an input of rank {len(source.shape)}")
    if indices.min() < 0 or np.any(indices >= np.array(source.shape[:axes])):
        node.fail(f"an index is out of range for {source.label}")
    node.same_quantisation(source, node.output(0, shape=(*indices.shape[:-1], *source.shape[axes:])))
    return lambda x, *_: x[tuple(np.moveaxis(indices, -1, 0))]
