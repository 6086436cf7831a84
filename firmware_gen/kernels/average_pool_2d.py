"""AVERAGE_POOL_2D; the window is in _pool.py."""

from firmware_gen.kernel import Kernel
from firmware_gen.kernels import _pool
from runtime_sim.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """See _pool."""
    return _pool.kernel(node, True, "y = clamp(sum of x inside the window / their number), rounded half away from zero")
