"""IF. See runtime_sim/ops/if.py."""

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import calls
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to a branch between two functions."""
    return calls.kernel(node, isa, ("then", "else"), "the results of one of two graphs")
