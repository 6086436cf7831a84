"""UNPACK: split x along an axis into outputs without that axis. Tensors are int8 or int16."""

from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, splits
from ticktalk.runtime_sim.ops.shared.kernel import ManyKernel

ALONG_TIME = along_time.MIXED
OPTIONS = Options(64, {"num": Field(0, "i32"), "axis": Field(1, "i32")})


def prepare(node: Node) -> ManyKernel:
    """Return a kernel that copies the parts."""
    node.count(1, outputs=len(node.operator.outputs))
    source = node.input(0, ACTIVATIONS)
    axis = node.axis(node.option("axis"), len(source.shape))
    if len(node.operator.outputs) != source.shape[axis]:
        node.fail(f"has {len(node.operator.outputs)} outputs, but the axis has {source.shape[axis]} values")
    return splits.kernel(node, source, axis, [1] * source.shape[axis], drop=True)
