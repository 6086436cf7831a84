"""Kernel for SLICE, which only moves values (see shared/copies.py)."""

from ticktalk.firmware_gen.graph.kernel import FROM, Kernel, View
from ticktalk.firmware_gen.kernels.shared import copies
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel | View:
    """Compile the operator to copies, or to a view if possible."""
    start = node.operator.options.get(FROM)
    return copies.kernel(node, isa) if start is None else View(0, (start,))
