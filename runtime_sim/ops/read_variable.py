"""READ_VARIABLE: the value of a variable. Tensors are int8 or int16. See graphs/variables.py."""

from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that copies the variable. The shape of the variable may differ from that of the result."""
    node.count(1)
    source = node.input(0, ACTIVATIONS)
    target = node.output(0, (source.dtype.type,))
    if target.size != source.size:
        node.fail(f"{target.label} has {target.size} values, but the variable has {source.size}")
    return lambda x: x.reshape(target.shape)
