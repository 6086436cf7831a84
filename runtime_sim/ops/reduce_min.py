"""REDUCE_MIN: the minimum along constant axes. Tensors are int8; see shared/reductions.py."""

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time, reductions
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.REDUCE
OPTIONS = reductions.OPTIONS


def prepare(node: Node) -> Kernel:
    """Return a kernel that computes the minimum."""
    source, target, axes = reductions.prepare(node)
    node.same_quantisation(source, target)
    return lambda x, *_: x.min(axes).reshape(target.shape)
