"""Kernel for ARG_MIN (see shared/positions.py)."""

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import positions
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to loops that keep the first minimum."""
    return positions.kernel(node, "<", "y = position of the first minimum of x")
