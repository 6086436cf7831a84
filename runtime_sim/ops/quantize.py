"""QUANTIZE: convert int8, int16, int32 or uint8 to another scale or type. A float32 graph input becomes int8 or int16.

Source: tensorflow/lite/kernels/internal/reference/requantize.h and quantize.h.
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier, round_half_away
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Dtypes, Node
from ticktalk.runtime_sim.ops.shared import along_time, elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
OPTIONS = None

# For each input type, the output types that TFLite Micro supports.
CONVERSIONS: dict[type[np.generic], Dtypes] = {
    np.int8: (np.int8, np.uint8, np.int16, np.int32),
    np.uint8: (np.int8,),
    np.int16: (np.int8, np.int16, np.int32),
    np.int32: (np.int8, np.int16),
    np.float32: ACTIVATIONS,
}


def prepare(node: Node) -> Kernel:
    """Return a kernel that uses a look-up table for 8-bit inputs and computes other types directly."""
    node.count(1)
    edge = node.operator.inputs[0] in node.graph.inputs
    source = node.input(0, tuple(kind for kind in CONVERSIONS if edge or kind is not np.float32))
    target = node.output(0, CONVERSIONS[source.dtype.type], source.shape)
    limits = np.iinfo(target.dtype)
    if source.dtype == np.float32:
        return lambda x: _from_float(x, target, limits)
    for tensor in (source, target):
        if not tensor.scales.size:
            node.fail(f"{tensor.label} has no quantisation")
    q, s = node.multiplier(np.float64(source.scale) / np.float64(target.scale))

    def function(x: np.ndarray) -> np.ndarray:
        values = multiply_by_quantized_multiplier(x.astype(np.int64) - source.zero_point, q, s) + target.zero_point
        return np.clip(values, limits.min, limits.max).astype(target.dtype)

    return elementwise.unary(function, source.dtype) if source.dtype.itemsize == 1 else function


def _from_float(x: np.ndarray, target: Tensor, limits: np.iinfo) -> np.ndarray:
    values = round_half_away(x / target.scale).astype(np.float64) + target.zero_point
    return np.clip(values, limits.min, limits.max).astype(target.dtype)
