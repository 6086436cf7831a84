"""ARG_MAX and ARG_MIN: find the int32 position of the first extreme int8 value along a constant axis."""

from collections.abc import Callable

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared.kernel import Kernel


def prepare(node: Node, position: Callable[[np.ndarray, int], np.ndarray]) -> Kernel:
    """Return a kernel that applies `position`, which is np.argmax or np.argmin."""
    node.count(2)
    source = node.input(0)
    axis = axis_of(node)
    node.output(0, (np.int32,), (*source.shape[:axis], *source.shape[axis + 1 :]))
    return lambda x, *_: np.asarray(position(x, axis), np.int32)


def axis_of(node: Node) -> int:
    """Return the axis."""
    found = node.integers(1)
    if len(found) != 1:
        node.fail("needs exactly one axis")
    return node.axis(found[0], len(node.input(0).shape))
