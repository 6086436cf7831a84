"""PACK: stack tensors with the same shape and quantisation along a new axis. Tensors are int8 or int16."""

import numpy as np

from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = Options(59, {"values_count": Field(0, "i32"), "axis": Field(1, "i32")})


def prepare(node: Node) -> Kernel:
    """Return a kernel that stacks its operands."""
    count = len(node.operator.inputs)
    node.count(max(count, 1))
    parts = [node.input(position, ACTIVATIONS) for position in range(count)]
    if any(part.shape != parts[0].shape or part.dtype != parts[0].dtype for part in parts):
        node.fail("the inputs must have the same shape and type")
    axis = node.axis(node.option("axis"), len(parts[0].shape) + 1)
    shape = (*parts[0].shape[:axis], count, *parts[0].shape[axis:])
    node.same_quantisation(node.output(0, (parts[0].dtype.type,), shape), *parts)
    return lambda *values: np.stack(values, axis)
