"""TRANSPOSE_CONV: x [N, H, W, C] int8 or int16, weights int8 [O, KH, KW, C] -> [N, H', W', O].

The operands are the output's shape, weights, x and bias [O].
Source: tensorflow/lite/kernels/internal/reference/integer_ops/transpose_conv.h.
"""

from functools import cache

import numpy as np

from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, weights, window
from ticktalk.runtime_sim.ops.shared.kernel import Kernel
from ticktalk.runtime_sim.ops.shared.requantise import OutputStage, Rescale

ALONG_TIME = along_time.MIXED
OPTIONS = Options(
    49,
    {
        "padding": Field(0, "padding"),
        "stride_w": Field(1, "i32"),
        "stride_h": Field(2, "i32"),
        "activation": Field(3, "activation"),
    },
)


def prepare(node: Node) -> Kernel:
    """Return a kernel that computes an exact matrix product with BLAS, then accumulates one array per tap."""
    node.count(3, 4)
    source = node.input(2, ACTIVATIONS, rank=4)
    channels, *taps, depth = node.input(1, rank=4).shape
    kernel = weights.weights(node, channels)
    target = node.output(0, (source.dtype.type,))
    batch = source.shape[0]
    if len(target.shape) != 4 or source.shape[3] != depth or target.shape[::3] != (batch, channels):
        node.fail(f"shapes {list(source.shape)} and {list(target.shape)} do not match weights {list(kernel.shape)}")
    # The axes of the forward convolution, from this operator's output to its input.
    height, width = window.axes(node, target, *taps)
    if (height.out, width.out) != source.shape[1:3]:
        node.fail(f"{target.label} of shape {list(target.shape)} cannot be computed from {list(source.shape)}")
    accumulator = weights.accumulator(node, source, kernel.size // channels, kernel)
    bias = weights.bias(node, 3, channels, accumulator)
    stage = OutputStage(node, target, weights.channel_factors(node, source, kernel, target, channels), bias)
    inside = (slice(None), *(slice(axis.before, axis.before + axis.extent) for axis in (height, width)))

    @cache
    def prepared() -> tuple[np.ndarray, Rescale]:
        values = kernel.constant
        reach = weights.reach(values.reshape(channels, -1).T, source)
        return np.ascontiguousarray(values.reshape(-1, depth).T, stage.float_type(reach)), stage.finish(reach)

    def run(shape: np.ndarray, weights: np.ndarray, x: np.ndarray, *_: object) -> np.ndarray:
        matrix, finish = prepared()
        centred = np.subtract(x, source.zero_point, dtype=matrix.dtype).reshape(-1, depth)
        spread = (centred @ matrix).reshape(*source.shape[:3], channels, *taps)
        framed = [axis.extent + axis.before + axis.after for axis in (height, width)]
        sums = np.zeros((batch, *framed, channels), matrix.dtype)
        for row in range(height.kernel):
            for column in range(width.kernel):
                sums[:, height.tap(row), width.tap(column)] += spread[..., row, column]
        return finish(sums[inside])

    return run
