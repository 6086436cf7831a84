"""ADD: x1 + x2; the arithmetic is in shared/sums.py."""

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import sums
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """See _sum."""
    return sums.kernel(node, "+", isa)
