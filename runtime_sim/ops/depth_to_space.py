"""DEPTH_TO_SPACE: spread the channels of each position over a block of positions. Tensors are int8. See
shared/blocks.py."""

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import Options
from ticktalk.runtime_sim.ops.shared import along_time, blocks
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = Options(94, blocks.SIZE)


def prepare(node: Node) -> Kernel:
    """Return a kernel that copies the values."""
    source, block = blocks.size(node)
    batch, height, width, depth = source.shape
    if depth % (block * block):
        node.fail(f"{depth} channels cannot be spread over blocks of {block}x{block}")
    shape = batch, height * block, width * block, depth // (block * block)
    node.same_quantisation(source, node.output(0, shape=shape))
    parts = batch, height, width, block, block, shape[3]
    return lambda x: x.reshape(parts).transpose(0, 1, 3, 2, 4, 5).reshape(shape)
