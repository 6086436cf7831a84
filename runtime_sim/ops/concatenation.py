"""CONCATENATION: join tensors along `axis`. Tensors are int8, int16 or int32 with equal quantisation.

TFLite Micro copies without rescaling, so inputs with different quantisation are refused.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import MOVED, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.axis()
OPTIONS = Options(10, {"axis": Field(0, "i32"), "activation": Field(1, "activation")})


def prepare(node: Node) -> Kernel:
    """Return a kernel that concatenates its operands."""
    count = len(node.operator.inputs)
    node.count(max(count, 1))
    parts = [node.input(position, MOVED, plain=True) for position in range(count)]
    rank = len(parts[0].shape)
    axis = node.axis(node.option("axis"), rank)
    for part in parts:
        others = [[extent for place, extent in enumerate(one.shape) if place != axis] for one in (part, parts[0])]
        if len(part.shape) != rank or others[0] != others[1]:
            node.fail(f"{part.label} of shape {list(part.shape)} does not match {list(parts[0].shape)}")
    shape = list(parts[0].shape)
    shape[axis] = sum(part.shape[axis] for part in parts)
    target = node.output(0, (parts[0].dtype.type,), tuple(shape), plain=True)
    node.same_quantisation(target, *parts)
    if node.option("activation") != "NONE":
        node.fail("a fused activation is not supported")
    return lambda *values: np.concatenate(values, axis)
