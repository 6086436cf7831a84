"""Kernel for CONCATENATION, which only moves values (see shared/copies.py)."""

from ticktalk.firmware_gen.graph.kernel import JOINED, Kernel, View
from ticktalk.firmware_gen.kernels.shared import copies
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel | View:
    """Compile the operator to copies or, if its inputs were written directly to its output, to a view of the first."""
    return View(0, (0,)) if JOINED in node.operator.options else copies.kernel(node, isa)
