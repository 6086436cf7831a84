"""SUB: x1 - x2; the arithmetic is in _sum.py."""

from firmware_gen.kernel import Kernel
from firmware_gen.kernels import _sum
from runtime_sim.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """See _sum."""
    return _sum.kernel(node, "-", isa)
