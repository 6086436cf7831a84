"""MINIMUM: the lesser of two values with equal quantisation, with broadcasting."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import binary, plain
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to one comparison per element."""
    if found := plain.kernel(node):
        return found
    limits = np.iinfo(node.output(0, ACTIVATIONS).dtype)
    context = {"word": "lesser", "better": "<", "low": limits.min, "high": limits.max}
    return binary.kernel(node, "shared/extreme.c.j2", context, "y = the lesser of x1 and x2")
