"""Kernel for REDUCE_MIN over one or more axes (see shared/reductions.py)."""

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import reductions
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile the operator as described in shared/reductions.py."""
    return reductions.kernel(node, "min", "y = minimum of x")
