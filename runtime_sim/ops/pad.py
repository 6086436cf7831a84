"""PAD: pad each axis with the zero point. Tensors are int8 or int16.

The paddings, before and after each axis, are int32 [rank, 2].
"""

from collections.abc import Callable

import numpy as np

from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.PAD
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that pads its input."""
    node.count(2)
    return frame(node, lambda target: target.zero_point)


def frame(node: Node, filling: Callable[[Tensor], int]) -> Kernel:
    """Return the kernel of PAD or PADV2. `filling` returns the padding value for the output tensor."""
    source = node.input(0, ACTIVATIONS)
    edges = np.array(node.integers(1))
    if edges.size != 2 * len(source.shape) or edges.min(initial=0) < 0 or edges.max(initial=0) > 1 << 24:
        node.fail("the paddings must be two numbers from 0 to 2^24 for each axis")
    edges = edges.reshape(-1, 2)
    target = node.output(0, (source.dtype.type,), tuple((edges.sum(1) + source.shape).tolist()))
    node.same_quantisation(source, target)
    value = filling(target)
    return lambda x, *_: np.pad(x, edges, constant_values=value)
