"""CUMSUM. See runtime_sim/ops/cumsum.py."""

from math import prod

from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import totals
from ticktalk.runtime_sim.ops.shared.extremes import axis_of


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to one running sum for each position outside the axis, in place where possible."""
    source, target, axis = node.input(0), node.output(0), axis_of(node)
    context = {
        "outer": prod(source.shape[:axis]), "count": source.shape[axis], "inner": prod(source.shape[axis + 1 :]),
        "exclusive": node.option("exclusive"), "reverse": node.option("reverse"),
        "source_zero_point": source.zero_point, "factor": totals.factor(node, source, target),
        "zero_point": target.zero_point,
    }  # fmt: skip
    function = Function("cumsum.c.j2", f"cumsum_{source.size}", context)
    return Kernel((function,), (Input(0), Output(0)), "y = running sum of x", in_place=(0,))
