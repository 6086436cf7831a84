"""SPLIT: split x into equal parts along an axis. Tensors are int8 or int16. The inputs are the axis (int32) and x."""

from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, splits
from ticktalk.runtime_sim.ops.shared.kernel import ManyKernel

ALONG_TIME = along_time.axis(0)
OPTIONS = Options(35, {"num_splits": Field(0, "i32")})


def prepare(node: Node) -> ManyKernel:
    """Return a kernel that copies the parts."""
    parts = len(node.operator.outputs)
    node.count(2, outputs=parts)
    source = node.input(1, ACTIVATIONS)
    if node.option("num_splits") != parts or parts < 1 or len(node.integers(0)) != 1:
        node.fail(f"num_splits is {node.option('num_splits')} for {parts} outputs, or the axis is not a single number")
    axis = node.axis(node.integers(0)[0], len(source.shape))
    cut = splits.kernel(node, source, axis, [source.shape[axis] // parts] * parts)
    return lambda _, x: cut(x)
