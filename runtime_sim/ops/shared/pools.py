"""AVERAGE_POOL_2D and MAX_POOL_2D: x [N, H, W, C] int8 or int16 -> [N, H', W', C]. Padding is ignored.

Source: tensorflow/lite/kernels/internal/reference/integer_ops/pooling.h.
"""

from collections.abc import Callable

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import activation_range
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import window

OPTIONS = Options(
    5,
    {
        "padding": Field(0, "padding"),
        "stride_w": Field(1, "i32"),
        "stride_h": Field(2, "i32"),
        "filter_w": Field(3, "i32"),
        "filter_h": Field(4, "i32"),
        "activation": Field(5, "activation"),
    },
)


def prepare(node: Node) -> tuple[window.Axis, window.Axis, tuple[int, int]]:
    """Return the height and width (window.Axis) and the output range (low, high)."""
    node.count(1)
    source = node.input(0, ACTIVATIONS, rank=4)
    height, width = window.axes(node, source, node.option("filter_h"), node.option("filter_w"))
    shape = (source.shape[0], height.out, width.out, source.shape[3])
    target = node.output(0, (source.dtype.type,), shape)
    node.same_quantisation(source, target)
    return height, width, activation_range(node.option("activation"), target.scale, target.zero_point, target.dtype)


def fold(
    x: np.ndarray, height: window.Axis, width: window.Axis, value: int, combine: Callable[..., object]
) -> np.ndarray:
    """Apply combine(a, b, out=a) over all taps of the window, rows first, and return [N, H', W', C].

    `x` is [N, H, W, C], padded with `value`.
    """
    rows = window.pad(x, height, width, value)
    lines = rows[:, height.tap(0)].copy()
    for tap in range(1, height.kernel):
        combine(lines, rows[:, height.tap(tap)], out=lines)
    result = lines[:, :, width.tap(0)].copy()
    for tap in range(1, width.kernel):
        combine(result, lines[:, :, width.tap(tap)], out=result)
    return result
