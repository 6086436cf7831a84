"""SPACE_TO_BATCH_ND: move the positions of each block to separate images. Tensors are int8. See shared/blocks.py.

TFLite Micro pads with an uninitialised value, so only paddings of 0 are supported.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time, blocks
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that copies the values."""
    source, (rows, columns), edges = blocks.batches(node)
    rank = len(source.shape)
    batch, height, width, depth = source.shape if rank == 4 else (*source.shape[:2], 1, source.shape[2])
    if edges.any():
        node.fail("pads with a value that TFLite Micro does not initialise: use PAD, and paddings of 0 here")
    if height % rows or width % columns:
        node.fail(f"{height}x{width} positions cannot be divided into blocks of {rows}x{columns}")
    shape = blocks.shown((batch * rows * columns, height // rows, width // columns, depth), rank)
    target = node.output(0, shape=shape)
    node.same_quantisation(source, target)
    parts = batch, height // rows, rows, width // columns, columns, depth
    return lambda x, *_: np.ascontiguousarray(x.reshape(parts).transpose(2, 4, 0, 1, 3, 5)).reshape(shape)
