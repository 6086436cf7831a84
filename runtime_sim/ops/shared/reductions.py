"""MEAN, SUM, REDUCE_MAX and REDUCE_MIN: reduce x along the axes in a constant int32 operand."""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, INT8, Dtypes, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

OPTIONS = Options(27, {"keep_dims": Field(0, "bool", False)})


def prepare(node: Node, dtypes: Dtypes = INT8) -> tuple[Tensor, Tensor, tuple[int, ...]]:
    """Return the input tensor, the output tensor and the axes. The dtype must be one of `dtypes`."""
    node.count(2)
    source = node.input(0, dtypes)
    rank = len(source.shape)
    axes = tuple(sorted({node.axis(axis, rank) for axis in node.integers(1)}))
    keep = node.option("keep_dims")
    shape = [1 if axis in axes else extent for axis, extent in enumerate(source.shape) if keep or axis not in axes]
    return source, node.output(0, (source.dtype.type,), tuple(shape)), axes


def scaled_sum(node: Node, mean: bool) -> Kernel:
    """Return the kernel of MEAN or SUM: z_y + M(sum (x - z_x), s_x / s_y [/ count]).

    The multiplier includes the division by count, which loses some precision.
    Source: tensorflow/lite/kernels/internal/reference/reduce.h (QuantizedMeanOrSum).
    """
    source, target, axes = prepare(node, ACTIVATIONS)
    count = source.size // target.size
    limits = np.iinfo(source.dtype)
    if count * (limits.max - limits.min) >= 1 << 31:
        node.fail(f"sums of {count} values can overflow 32 bits")
    q, s = node.multiplier(np.float64(source.scale) / np.float64(target.scale))
    if mean:
        shift = min(count.bit_length() - 1, 32, 31 + s)
        q, s = (q << shift) // count, s - shift

    def run(x: np.ndarray, *_: object) -> np.ndarray:
        sums = x.sum(axes, np.int64) - source.zero_point * count
        values = multiply_by_quantized_multiplier(sums, q, s) + target.zero_point
        return np.clip(values, limits.min, limits.max).astype(source.dtype).reshape(target.shape)

    return run
