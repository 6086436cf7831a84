"""SUM over some axes; see _reduce.py."""

from firmware_gen.kernel import Kernel
from firmware_gen.kernels import _reduce
from runtime_sim.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """See _reduce."""
    return _reduce.kernel(node, "sum", "y = z + (sum of x - z_x) * scale")
