"""Windows of convolution and pooling operators: padding, positions and output size.

Source: tensorflow/lite/kernels/padding.h.
"""

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ticktalk.runtime_sim.graphs.graph import MAX_TENSOR_ELEMENTS, Tensor
from ticktalk.runtime_sim.graphs.node import Node


@dataclass(frozen=True)
class Axis:
    """One spatial axis of a window.

    The window has `kernel` taps, `dilation` values apart, and moves over `extent` values in steps of `stride`. `before`
    and `after` are the amounts of padding. `out` is the number of window positions.
    """

    extent: int
    kernel: int
    stride: int
    dilation: int
    out: int
    before: int
    after: int

    def tap(self, k: int) -> slice:
        """Return the slice of the padded input that tap `k` reads, one value per position."""
        start = k * self.dilation
        return slice(start, start + (self.out - 1) * self.stride + 1, self.stride)


def axis(node: Node, extent: int, kernel: int, letter: str) -> Axis:
    """Return the vertical (`letter` "h") or horizontal ("w") axis of `node` according to its options."""
    stride = node.option(f"stride_{letter}")
    dilation = node.operator.options.get(f"dilation_{letter}", 1)
    if stride < 1 or dilation < 1 or kernel < 1:
        node.fail(f"needs a positive kernel, stride and dilation, but has {kernel}, {stride} and {dilation}")
    reach = (kernel - 1) * dilation + 1
    if node.option("padding") == "VALID":
        if reach > extent:
            node.fail(f"a window of {reach} values does not fit in an axis of {extent} values")
        return Axis(extent, kernel, stride, dilation, (extent - reach) // stride + 1, 0, 0)
    out = -(-extent // stride)
    total = max(0, (out - 1) * stride + reach - extent)
    return Axis(extent, kernel, stride, dilation, out, total // 2, total - total // 2)


def pad(x: np.ndarray, height: Axis, width: Axis, value: int = 0) -> np.ndarray:
    """Return `x` [N, H, W, C] with both axes padded by `value`. Without padding, return `x` itself."""
    if not (height.before or height.after or width.before or width.after):
        return x
    return np.pad(
        x, ((0, 0), (height.before, height.after), (width.before, width.after), (0, 0)), constant_values=value
    )


def windows(x: np.ndarray, height: Axis, width: Axis) -> np.ndarray:
    """Return a view of the padded `x` [N, H, W, C] as [N, H', W', KH, KW, C]."""
    image, row, column, channel = x.strides
    shape = (len(x), height.out, width.out, height.kernel, width.kernel, x.shape[3])
    steps = (row * height.stride, column * width.stride, row * height.dilation, column * width.dilation)
    return as_strided(x, shape, (image, *steps, channel), writeable=False)


def axes(node: Node, source: Tensor, kernel_h: int, kernel_w: int) -> tuple[Axis, Axis]:
    """Return the vertical and the horizontal axis of a window over `source` [N, H, W, C]."""
    height, width = axis(node, source.shape[1], kernel_h, "h"), axis(node, source.shape[2], kernel_w, "w")
    framed = [one.extent + one.before + one.after for one in (height, width)]
    if source.shape[0] * source.shape[3] * prod(framed) > MAX_TENSOR_ELEMENTS:
        node.fail(f"with padding, {source.label} becomes {framed}, which is too large for a watch")
    return height, width
