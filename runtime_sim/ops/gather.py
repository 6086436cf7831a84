"""GATHER: select slices of x along an axis by constant int32 indices. Tensors are int8 or int16."""

import numpy as np

from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = Options(23, {"axis": Field(0, "i32"), "batch_dims": Field(1, "i32")})


def prepare(node: Node) -> Kernel:
    """Return a kernel that copies the selected slices."""
    node.count(2)
    source = node.input(0, ACTIVATIONS)
    indices = node.constant(1, (np.int32,))
    axis = node.axis(node.option("axis"), len(source.shape))
    if node.option("batch_dims"):
        node.fail("batch_dims other than 0 are not supported")
    if indices.min() < 0 or indices.max() >= source.shape[axis]:
        node.fail(f"an index is out of range for axis {axis}, which has {source.shape[axis]} values")
    shape = (*source.shape[:axis], *indices.shape, *source.shape[axis + 1 :])
    node.same_quantisation(source, node.output(0, (source.dtype.type,), shape))
    return lambda x, *_: np.take(x, indices, axis)
