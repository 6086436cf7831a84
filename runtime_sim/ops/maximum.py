"""MAXIMUM: element-wise maximum with broadcasting. Tensors are int8 or int16 with equal quantisation, or int32."""

import numpy as np

from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.ops.shared import along_time, elementwise, plain
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that computes the maximum."""
    if plain.is_plain(node):
        return plain.prepare(node, np.maximum)
    node.count(2)
    node.same_quantisation(*elementwise.operands(node, ACTIVATIONS))
    return lambda a, b: np.maximum(a, b)
