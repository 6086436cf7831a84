"""MEAN: average along constant axes. Tensors are int8 or int16. The output has its own scale; see
shared/reductions.py."""

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time, reductions
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.REDUCE
OPTIONS = reductions.OPTIONS


def prepare(node: Node) -> Kernel:
    """Return the kernel from shared/reductions.py."""
    return reductions.scaled_sum(node, mean=True)
