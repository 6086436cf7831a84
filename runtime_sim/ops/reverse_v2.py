"""REVERSE_V2: reverse x along constant axes, which must be consecutive. Tensors are int8 or int16."""

import numpy as np

from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that copies the values in a different order."""
    node.count(2)
    source = node.input(0, ACTIVATIONS)
    axes = sorted(node.axis(axis, len(source.shape)) for axis in node.integers(1))
    if axes != list(range(axes[0], axes[0] + len(axes))) if axes else True:
        node.fail("the axes must be consecutive, as in TFLite Micro")
    node.same_quantisation(source, node.output(0, (source.dtype.type,), source.shape))
    return lambda x, *_: np.flip(x, axes)
