"""MAXIMUM: the greater of two values of one quantisation, broadcasting."""

from firmware_gen.kernel import Kernel
from firmware_gen.kernels import _binary
from runtime_sim.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """A comparison."""
    return _binary.kernel(node, "_extreme.c.j2", {"word": "greater", "better": ">", "low": -128, "high": 127}, "y = the greater of x1 and x2")
