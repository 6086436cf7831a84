"""SELECT_V2: x1 where the condition (bool) is true, otherwise x2, with broadcasting. Tensors are int8 or int16.

Source: tensorflow/lite/micro/kernels/select.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that selects each element."""
    node.count(3)
    condition, first = node.input(0, (np.bool_,)), node.input(1, ACTIVATIONS)
    second = node.input(2, (first.dtype.type,))
    try:
        shape = np.broadcast_shapes(condition.shape, first.shape, second.shape)
    except ValueError:
        node.fail(f"{condition.label}, {first.label} and {second.label} cannot be broadcast together")
    if len(shape) > 5:
        node.fail(f"has operands of rank {len(shape)}, more than 5")
    node.same_quantisation(first, second, node.output(0, (first.dtype.type,), shape))
    return lambda c, a, b: np.where(c, a, b)
