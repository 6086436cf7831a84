"""Kernel for MAX_POOL_2D (see shared/pools.py)."""

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import pools
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile the operator as described in shared/pools.py."""
    return pools.kernel(node, False, "y = clamp(maximum of x inside the window)", isa)
