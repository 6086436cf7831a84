"""CAST: the values of integers as another integer type, which wraps, or as float32 at the end of the graph.

Source: tensorflow/lite/micro/kernels/cast.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, plain
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
# The types in the options are redundant.
OPTIONS = Options(37, {"from": Field(0, "i8"), "to": Field(1, "i8")})
_WHOLE = (np.int8, np.int16, np.int32, np.uint32)


def prepare(node: Node) -> Kernel:
    """Return a kernel that converts its input."""
    node.count(1)
    source = node.input(0, (*_WHOLE, np.bool_), plain=True)
    target = node.output(0, (*_WHOLE, np.float32), source.shape, plain=True)
    if target.dtype == np.float32 and any(each.name != "MUL" for each in node.graph.consumers.get(target.index, ())):
        plain.at_the_end(node)
    return lambda x: x.astype(target.dtype)
