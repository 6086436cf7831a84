"""CIRCULAR_BUFFER. See runtime_sim/ops/circular_buffer.py."""

from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to a move of the rows that stay, and a copy of the new one."""
    row, size = node.input(0).size, node.output(0).size
    function = Function("circular_buffer.c.j2", f"append_{row}_to_{size}", {"row": row, "size": size})
    return Kernel((function,), (Input(0), Output(0)), f"y = the last {size // row} rows")
