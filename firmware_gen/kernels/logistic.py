"""Kernel for LOGISTIC (see shared/sigmoids.py)."""

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import sigmoids
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile the operator as described in shared/sigmoids.py."""
    return sigmoids.kernel(node, isa, 0, "y = 1 / (1 + exp(-x))")
