"""PADV2: PAD with a constant, quantised like the input, instead of the zero point. Tensors are int8 or int16."""

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops import pad
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that pads its input."""
    node.count(3)
    dtype = node.input(0, pad.ACTIVATIONS).dtype.type
    value = node.constant(2, (dtype,))
    if value.size != 1:
        node.fail("the padding value must be a single number")
    return pad.frame(node, lambda target: value.item())
