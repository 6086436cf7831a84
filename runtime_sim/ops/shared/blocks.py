"""Operators that move values between space, depth and batch, in blocks of rows and columns of x [N, H, W, C].

Source: tensorflow/lite/kernels/internal/reference/space_to_batch_nd.h and related files.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.graph import MAX_TENSOR_ELEMENTS, Tensor
from ticktalk.runtime_sim.graphs.node import INT8, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field

SIZE = {"block_size": Field(0, "i32")}


def size(node: Node) -> tuple[Tensor, int]:
    """Return the input [N, H, W, C] and the block size of DEPTH_TO_SPACE or SPACE_TO_DEPTH."""
    node.count(1)
    source, block = node.input(0, INT8, rank=4), node.option("block_size")
    if not 0 < block <= MAX_TENSOR_ELEMENTS:
        node.fail(f"the block size {block} is not supported")
    return source, block


def batches(node: Node) -> tuple[Tensor, list[int], np.ndarray]:
    """Return the input, the blocks [height, width] and the edges [2, 2] of SPACE_TO_BATCH_ND or BATCH_TO_SPACE_ND.

    An input of rank 3 has no width.
    """
    node.count(3)
    source = node.input(0, INT8)
    axes = len(source.shape) - 2
    if axes not in (1, 2):
        node.fail(f"{source.label} has rank {len(source.shape)}, not 3 or 4")
    blocks, edges = node.integers(1), node.integers(2)
    if len(blocks) != axes or len(edges) != 2 * axes or min(blocks) < 1 or min(edges) < 0:
        node.fail("needs one block of at least 1 and two edges of at least 0 for each spatial axis")
    if max(*blocks, *edges) > MAX_TENSOR_ELEMENTS:
        node.fail("the blocks or edges are too large for a watch")
    return source, [*blocks, *[1] * (2 - axes)], np.array([*edges, *[0] * (4 - 2 * axes)]).reshape(2, 2)


def shown(shape: tuple[int, int, int, int], rank: int) -> tuple[int, ...]:
    """Return a shape [N, H, W, C] as one of `rank` 3 or 4."""
    return shape if rank == 4 else (*shape[:2], shape[3])
