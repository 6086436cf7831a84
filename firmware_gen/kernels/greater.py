"""Kernel for GREATER (see shared/comparisons.py)."""

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import comparisons
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile the operator as described in shared/comparisons.py."""
    return comparisons.kernel(node, ">")
