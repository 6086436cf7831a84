"""CONV_2D: x [N, H, W, C] int8 or int16, weights int8 [O, KH, KW, C / groups], bias [O] -> [N, H', W', O].

y = clamp(z_y + (sum (x - z_x) * w + bias) * s_x * s_w[o] / s_y), where padding has the value z_x.
Source: tensorflow/lite/kernels/internal/reference/integer_ops/conv.h.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np

from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, weights, window
from ticktalk.runtime_sim.ops.shared.kernel import Kernel
from ticktalk.runtime_sim.ops.shared.requantise import OutputStage, Rescale

ALONG_TIME = along_time.window(1)
OPTIONS = Options(
    1,
    {
        "padding": Field(0, "padding"),
        "stride_w": Field(1, "i32"),
        "stride_h": Field(2, "i32"),
        "activation": Field(3, "activation"),
        "dilation_w": Field(4, "i32", 1),
        "dilation_h": Field(5, "i32", 1),
    },
)

# Maximum number of unrolled inputs or accumulators per block, chosen to fit in the cache.
_BLOCK_VALUES = 1 << 16


def prepare(node: Node) -> Kernel:
    """Return a kernel that multiplies unrolled windows by the weight matrix with BLAS. The products are exact."""
    node.count(2, 3)
    source = node.input(0, ACTIVATIONS, rank=4)
    channels = node.input(1, rank=4).shape[0]
    kernel = weights.weights(node, channels)
    groups = source.shape[3] // kernel.shape[3]
    if groups * kernel.shape[3] != source.shape[3] or channels % groups:
        node.fail(f"{source.shape[3]} input channels do not match weights {list(kernel.shape)}")
    height, width = window.axes(node, source, kernel.shape[1], kernel.shape[2])
    shape = (source.shape[0], height.out, width.out, channels)
    target = node.output(0, (source.dtype.type,), shape)
    accumulator = weights.accumulator(node, source, kernel.size // channels, kernel)
    bias = weights.bias(node, 2, channels, accumulator)
    stage = OutputStage(node, target, weights.channel_factors(node, source, kernel, target, channels), bias)
    pointwise = groups == height.kernel == width.kernel == height.stride == width.stride == 1

    @cache
    def prepared() -> tuple[list[np.ndarray], Rescale]:
        rows = kernel.constant.reshape(channels, -1).T
        reach = weights.reach(rows, source)
        matrices: list[np.ndarray] = np.split(np.ascontiguousarray(rows, stage.float_type(reach)), groups, axis=1)
        return [np.ascontiguousarray(matrix) for matrix in matrices], stage.finish(reach)

    def run(x: np.ndarray, *_: object) -> np.ndarray:
        matrices, finish = prepared()
        if pointwise:
            return _pointwise(np.subtract(x, source.zero_point, dtype=matrices[0].dtype), matrices[0], finish).reshape(
                shape
            )
        centred = window.pad(np.subtract(x, source.zero_point, dtype=matrices[0].dtype), height, width)
        views = [
            window.windows(part, height, width)
            for part in (np.split(centred, groups, axis=3) if groups > 1 else [centred])
        ]
        values = np.empty(shape, target.dtype)
        for block in _blocks(shape, max(len(matrices[0]) * groups, channels)):
            # BLAS does not accept overlapping windows, so copy the rows.
            rows = [np.ascontiguousarray(view[block].reshape(-1, len(matrices[0]))) for view in views]
            parts = [row @ matrix for row, matrix in zip(rows, matrices, strict=True)]
            sums = np.concatenate(parts, axis=1) if groups > 1 else parts[0]
            values[block] = finish(sums).reshape(values[block].shape)
        return values

    return run


def _pointwise(x: np.ndarray, matrix: np.ndarray, finish: Rescale) -> np.ndarray:
    """Apply a 1x1 kernel to each position and return [positions, O]."""
    rows, step = x.reshape(-1, len(matrix)), max(1, _BLOCK_VALUES // max(matrix.shape))
    if len(rows) <= step:
        return finish(rows @ matrix)
    return np.concatenate([finish(rows[start : start + step] @ matrix) for start in range(0, len(rows), step)])


def _blocks(shape: tuple[int, ...], each: int) -> Iterator[tuple[int, slice, slice]]:
    """Yield indices [image, rows, columns] that cover [N, H', W', O] in blocks.

    Each position has `each` values, and a block has at most _BLOCK_VALUES values.
    """
    batch, height, width, _ = shape
    rows, columns = max(1, _BLOCK_VALUES // (width * each)), max(1, _BLOCK_VALUES // each)
    for image in range(batch):
        for top in range(0, height, rows):
            for left in range(0, width, columns):
                yield image, slice(top, top + rows), slice(left, left + columns)
