"""Kernel for DIV (see shared/plain.py)."""

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import plain
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to one division per element."""
    found = plain.kernel(node)
    if found is None:
        raise BuildError(f"{node.graph.name}: {node.operator.label}: only int32 is supported")
    return found
