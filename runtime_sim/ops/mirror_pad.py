"""MIRROR_PAD: pad each axis with its own values, mirrored with (SYMMETRIC) or without (REFLECT) the edge. Tensors are
int8.

The paddings, before and after each axis, are int32 [rank, 2]. Source: tensorflow/lite/micro/kernels/mirror_pad.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = Options(77, {"mode": Field(0, "i8")})


def prepare(node: Node) -> Kernel:
    """Return a kernel that copies the values."""
    node.count(2)
    source, mode = node.input(0), node.option("mode")
    edges = node.integers(1)
    if mode not in (0, 1) or len(edges) != 2 * len(source.shape) or min(edges, default=0) < 0:
        node.fail("the mode must be REFLECT or SYMMETRIC, with two paddings of at least 0 for each axis")
    pairs = [tuple(edges[axis : axis + 2]) for axis in range(0, len(edges), 2)]
    for extent, pair in zip(source.shape, pairs, strict=True):
        if max(pair) > extent - (1 - mode):
            node.fail(f"{max(pair)} values cannot be mirrored from an axis of {extent}")
    shape = tuple(extent + sum(pair) for extent, pair in zip(source.shape, pairs, strict=True))
    node.same_quantisation(source, node.output(0, shape=shape))
    how = "symmetric" if mode else "reflect"
    return lambda x, *_: np.pad(x, pairs, mode=how)  # type: ignore[call-overload]
