"""READ_VARIABLE: the state itself if nothing changes it while it is read, otherwise a copy.

See runtime_sim/ops/read_variable.py."""

from ticktalk.firmware_gen.graph.kernel import Kernel, View
from ticktalk.firmware_gen.kernels import assign_variable
from ticktalk.runtime_sim.graphs.node import Node

# Operators whose result is never a view of their operands.
_COPYING = ("CONCATENATION", "ADD", "SUB", "MUL", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def kernel(node: Node, isa: str) -> Kernel | View:
    """Compile to a view of the variable where possible."""
    graph, (variable,), (result,) = node.graph, node.operator.inputs, node.operator.outputs
    changed = min((operator.index for operator in graph.operators if variable in operator.outputs), default=1 << 30)
    readers = graph.consumers.get(result, ())
    early = all(reader.index < changed and reader.name in _COPYING for reader in readers)
    return View(0, (0,)) if early and result not in graph.outputs else assign_variable.copy(node)
