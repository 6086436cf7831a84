"""Kernel for SUB, x1 - x2 (see shared/sums.py)."""

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import plain, sums
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile the operator as described in shared/sums.py, or in shared/plain.py for int32."""
    return plain.kernel(node) or sums.kernel(node, "-", isa)
