"""EMBEDDING_LOOKUP: the rows of a constant int8 table [R, ...] at the int32 indices [N], which are clamped.

TFLite Micro stops the run if an index is out of range. Source: tensorflow/lite/micro/kernels/embedding_lookup.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that copies the rows."""
    node.count(2)
    indices, table = node.input(0, (np.int32,), 1), node.input(1)
    node.constant(1, (np.int8,))
    if len(table.shape) < 2:
        node.fail(f"{table.label} has rank {len(table.shape)}, not 2 or more")
    node.same_quantisation(table, node.output(0, shape=(*indices.shape, *table.shape[1:])))
    return lambda x, rows: np.take(rows, x, 0, mode="clip")
