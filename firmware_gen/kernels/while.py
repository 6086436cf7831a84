"""WHILE. See runtime_sim/ops/while.py."""

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import calls
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to a loop over two functions."""
    return calls.kernel(node, isa, ("condition", "body"), "the last results of the loop")
