"""ARG_MAX and ARG_MIN. See runtime_sim/ops/shared/extremes.py."""

from math import prod

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared.extremes import axis_of


def kernel(node: Node, better: str, formula: str) -> Kernel:
    """Compile to loops over the axis. `better` is the C operator by which a value replaces an earlier one."""
    source = node.input(0)
    node.output(0, (np.int32,))
    axis = axis_of(node)
    outer, inner = prod(source.shape[:axis]), prod(source.shape[axis + 1 :])
    context = {"outer": outer, "count": source.shape[axis], "inner": inner, "better": better}
    function = Function("shared/positions.c.j2", f"{node.operator.name.lower()}_{source.size}", context)
    return Kernel((function,), (Input(0), Output(0)), formula)
