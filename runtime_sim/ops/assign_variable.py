"""ASSIGN_VARIABLE: change the value of a variable. Tensors are int8 or int16. See graphs/variables.py."""

from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that copies the value. The variable is the operator's output."""
    node.count(1)
    source = node.input(0, ACTIVATIONS)
    variable = node.output(0, (source.dtype.type,))
    if variable.size != source.size:
        node.fail(f"{source.label} has {source.size} values, but the variable has {variable.size}")
    return lambda x: x.reshape(variable.shape)
