"""SPACE_TO_DEPTH: gather each block of positions into the channels of one position. Tensors are int8. See
shared/blocks.py."""

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import Options
from ticktalk.runtime_sim.ops.shared import along_time, blocks
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = Options(19, blocks.SIZE)


def prepare(node: Node) -> Kernel:
    """Return a kernel that copies the values."""
    source, block = blocks.size(node)
    batch, height, width, depth = source.shape
    if height % block or width % block:
        node.fail(f"{height}x{width} positions cannot be divided into blocks of {block}x{block}")
    shape = batch, height // block, width // block, depth * block * block
    node.same_quantisation(source, node.output(0, shape=shape))
    parts = batch, shape[1], block, shape[2], block, depth
    return lambda x: x.reshape(parts).transpose(0, 1, 3, 2, 4, 5).reshape(shape)
