"""ABS: |x|. Tensors are int8 or int16. The output has its own scale.

Source: tensorflow/lite/micro/kernels/elementwise.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time, elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that rescales the absolute values."""
    return elementwise.rescaled(node, np.abs)
