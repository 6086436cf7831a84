"""SPLIT_V: split x into parts with the given extents, one of which may be -1. The inputs are x, extents and axis."""

from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, splits
from ticktalk.runtime_sim.ops.shared.kernel import ManyKernel

ALONG_TIME = along_time.axis(2)
OPTIONS = Options(79, {"num_splits": Field(0, "i32")})


def prepare(node: Node) -> ManyKernel:
    """Return a kernel that copies the parts."""
    node.count(3, outputs=len(node.operator.outputs))
    source = node.input(0, ACTIVATIONS)
    extents, axes = node.integers(1), node.integers(2)
    if len(axes) != 1 or extents.count(-1) > 1:
        node.fail("needs one axis, and at most one extent of -1")
    axis = node.axis(axes[0], len(source.shape))
    rest = source.shape[axis] - sum(extent for extent in extents if extent >= 0)
    cut = splits.kernel(node, source, axis, [rest if extent == -1 else extent for extent in extents])
    return lambda x, *_: cut(x)
