"""ASSIGN_VARIABLE: copy a value into the state. See runtime_sim/ops/assign_variable.py."""

from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to one copy of all bytes."""
    return copy(node)


def copy(node: Node) -> Kernel:
    """Return a kernel that copies all bytes of the input to the output."""
    size = node.input(0, ACTIVATIONS).nbytes
    function = Function("shared/store.c.j2", f"store_{size}", {"bytes": size})
    return Kernel((function,), (Input(0), Output(0)), "y = x")
