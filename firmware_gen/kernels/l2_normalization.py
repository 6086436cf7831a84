"""L2_NORMALIZATION along the last axis. See runtime_sim/ops/l2_normalization.py."""

from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to a loop over rows, in place where possible."""
    source = node.input(0)
    width = source.shape[-1]
    context = {"width": width, "rows": source.size // width, "zero_point": source.zero_point}
    return Kernel(
        (Function("l2_normalization.c.j2", f"l2_normalization_{width}", context),),
        (Input(0), Output(0)),
        "y = 128 * x / sqrt(sum of x * x)",
        in_place=(0,),
    )
