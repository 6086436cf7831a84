"""LOG_SOFTMAX over the last axis, with a table of exponentials and one logarithm per row.

See runtime_sim/ops/log_softmax.py."""

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.log_softmax import exponentials

_WIDEST = (1 << 12) - 1  # maximum number of values whose sum cannot overflow, with 12 integer bits


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to a loop over rows of the last axis, in place where possible."""
    source = node.input(0)
    node.output(0)
    width = source.shape[-1]
    if width > _WIDEST:
        raise BuildError(
            f"{node.graph.name}: {node.operator.label}: rows of more than {_WIDEST} values are not supported"
        )
    table, factor, reverse, least = exponentials(source)
    context = {"width": width, "rows": source.size // width, "factor": factor, "reverse": reverse, "least": least}
    return Kernel(
        (
            Function("shared/logarithm.c.j2", "logarithm", {}),
            Function("log_softmax.c.j2", f"log_softmax_{width}", context),
        ),
        (Input(0), Constant("exponentials", table), Output(0)),
        "y = 16 * (x - max x - log(sum of exp(x - max x))) + 127",
        in_place=(0,),
    )
