"""EMBEDDING_LOOKUP. See runtime_sim/ops/embedding_lookup.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to one copy per row."""
    count, table = node.input(0, (np.int32,)).size, node.input(1)
    context = {"count": count, "last": table.shape[0] - 1, "row": table.size // table.shape[0]}
    function = Function("embedding_lookup.c.j2", f"look_up_{count}_rows", context)
    return Kernel((function,), (Input(0), Input(1), Output(0)), "y = the rows of x2 at the indices x1")
