"""DEQUANTIZE: int8, uint8 or int16 to float32, (q - z) * s; supported only at an output of the graph
and before DETECTION_POSTPROCESS.

Source: tensorflow/lite/kernels/internal/reference/dequantize.h. The product is computed in double and rounded to
float32.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import QUANTISED, Node
from ticktalk.runtime_sim.ops.shared import along_time, plain
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that dequantises its input."""
    node.count(1)
    source = node.input(0, QUANTISED)
    node.output(0, (np.float32,), source.shape)
    plain.at_the_end(node, before="DETECTION_POSTPROCESS")
    scale = np.float64(source.scale)
    return lambda x: ((x.astype(np.int64) - source.zero_point) * scale).astype(np.float32)
