"""BATCH_TO_SPACE_ND: combine images into blocks of positions and crop the result. Tensors are int8. See
shared/blocks.py."""

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
    images, height, width, depth = source.shape if rank == 4 else (*source.shape[:2], 1, source.shape[2])
    batch = images // (rows * columns)
    tall, wide = height * rows, width * columns
    (top, bottom), (left, right) = edges.tolist()
    if batch * rows * columns != images or top + bottom >= tall or left + right >= wide:
        node.fail(f"{images} images cannot be joined in blocks of {rows}x{columns} and cropped by {edges.tolist()}")
    shape = blocks.shown((batch, tall - top - bottom, wide - left - right, depth), rank)
    node.same_quantisation(source, node.output(0, shape=shape))

    def run(x: np.ndarray, *_: object) -> np.ndarray:
        parts = x.reshape(rows, columns, batch, height, width, depth).transpose(2, 3, 0, 4, 1, 5)
        joined = parts.reshape(batch, tall, wide, depth)[:, top : tall - bottom, left : wide - right]
        return np.ascontiguousarray(joined).reshape(shape)

    return run
