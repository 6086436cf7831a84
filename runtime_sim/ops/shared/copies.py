"""RESHAPE, SQUEEZE and EXPAND_DIMS: copy the values to a tensor of a different shape."""

from ticktalk.runtime_sim.graphs.node import MOVED, Node
from ticktalk.runtime_sim.ops.shared.kernel import Kernel


def prepare(node: Node) -> Kernel:
    """Return a kernel that reshapes its input to the output's shape. Other operands are redundant."""
    node.count(1, 2)
    source = node.input(0, MOVED, plain=True)
    target = node.output(0, (source.dtype.type,), plain=True)
    if target.size != source.size:
        node.fail(f"{source.label} with {source.size} elements cannot be reshaped to {list(target.shape)}")
    node.same_quantisation(source, target)
    return lambda x, *_: x.reshape(target.shape)
