"""ADD_N. See runtime_sim/ops/add_n.py."""

from ticktalk.firmware_gen.graph.kernel import Argument, Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import totals


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to one loop over all elements."""
    count, source, target = len(node.operator.inputs), node.input(0), node.output(0)
    context = {
        "size": source.size, "count": count, "start": -(count + 1) * source.zero_point,
        "factor": totals.factor(node, source, target), "zero_point": target.zero_point,
    }  # fmt: skip
    arguments: tuple[Argument, ...] = (*(Input(position) for position in range(count)), Output(0))
    return Kernel((Function("add_n.c.j2", f"add_{count}_{source.size}", context),), arguments, "y = sum of all inputs")
