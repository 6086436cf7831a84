"""MINIMUM: the lesser of two values of one quantisation, broadcasting."""

import numpy as np

from firmware_gen.kernel import Kernel
from firmware_gen.kernels import _binary
from runtime_sim.node import ACTIVATIONS, Node


def kernel(node: Node, isa: str) -> Kernel:
    """A comparison."""
    limits = np.iinfo(node.output(0, ACTIVATIONS).dtype)
    context = {"word": "lesser", "better": "<", "low": limits.min, "high": limits.max}
    return _binary.kernel(node, "_extreme.c.j2", context, "y = the lesser of x1 and x2")
