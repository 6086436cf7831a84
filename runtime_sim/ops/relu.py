"""RELU: max(x, 0). Tensors are int8 or int16. The output has its own scale.

Source: tensorflow/lite/micro/kernels/activations_common.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time, elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that rescales the positive values."""
    return elementwise.rescaled(node, lambda distances: np.maximum(distances, 0))
