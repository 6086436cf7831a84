"""RELU6: min(max(x, 0), 6). Tensors are int8 or int16.

TFLite Micro only clamps and does not rescale, so models with different scales are refused.
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import activation_range
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that clamps its input."""
    node.count(1)
    source = node.input(0, ACTIVATIONS)
    node.same_quantisation(source, node.output(0, (source.dtype.type,), source.shape))
    node.symmetric(source)
    low, high = activation_range("RELU6", source.scale, source.zero_point, source.dtype)
    return lambda x: np.clip(x, low, high).astype(source.dtype)
