"""UNPACK: the values along an axis, each an output without that axis; int8 or int16."""

from runtime_sim.node import ACTIVATIONS
from runtime_sim.ops import _split
from runtime_sim.schema import Field, Options

OPTIONS = Options(64, {"num": Field(0, "i32"), "axis": Field(1, "i32")})


def prepare(node):
    """The kernel: copies."""
    node.count(1, outputs=len(node.operator.outputs))
    source = node.input(0, ACTIVATIONS)
    axis = node.axis(node.option("axis"), len(source.shape))
    if len(node.operator.outputs) != source.shape[axis]:
        node.fail(f"has {len(node.operator.outputs)} outputs for {source.shape[axis]} values")
    return _split.kernel(node, source, axis, [1] * source.shape[axis], drop=True)
