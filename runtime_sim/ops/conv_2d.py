"""CONV_2D: x [N, H, W, C] int8 or int16, weights int8 [O, KH, KW, C / groups], bias [O] -> [N, H', W', O].

y = clamp(z_y + (sum (x - z_x) * w + bias) * s_x * s_w[o] / s_y), padding counts as x = z_x.
Source: tensorflow/lite/kernels/internal/reference/integer_ops/conv.h.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from runtime_sim.node import ACTIVATIONS
from runtime_sim.ops import _weights, _window
from runtime_sim.schema import Field, Options

OPTIONS = Options(1, {
    "padding": Field(0, "padding"), "stride_w": Field(1, "i32"), "stride_h": Field(2, "i32"),
    "activation": Field(3, "activation"), "dilation_w": Field(4, "i32", 1), "dilation_h": Field(5, "i32", 1),
})

# Rows of the unrolled input that are multiplied at once: keeps them near the processor.
_BLOCK_VALUES = 1 << 19


def prepare(node):
    """The kernel: unrolled windows times the weight matrix, exactly, in BLAS."""
    node.count(2, 3)
    source = node.input(0, ACTIVATIONS, rank=4)
    channels = node.input(1, rank=4).shape[0]
    kernel = _weights.weights(node, 0, channels)
    groups = source.shape[3] // kernel.shape[3]
    if groups * kernel.shape[3] != source.shape[3] or channels % groups:
        node.fail(f"{source.shape[3]} input channels do not fit to weights {list(kernel.shape)}")
    height, width = _window.axes(node, source, kernel.shape[1], kernel.shape[2])
    shape = (source.shape[0], height.out, width.out, channels)
    target = node.output(0, (source.dtype.type,), shape)
    accumulator = _weights.accumulator(node, source, kernel.size // channels)
    bias = _weights.bias(node, 2, channels, accumulator)
    finish = _weights.output_stage(node, target, _weights.channel_factors(node, source, kernel, target, channels))
    matrices = []

    def plan():
        for part in np.split(kernel.data, groups):
            rows = part.reshape(len(part), -1).T
            matrices.append(np.ascontiguousarray(rows, _weights.exact_float(rows, _weights.input_limit(source))))

    def run(x, *_):
        if not matrices:
            plan()
        kind = np.result_type(*matrices)
        centred = np.subtract(x, source.zero_point, dtype=kind)
        parts = np.split(_window.pad(centred, height, width), groups, axis=3)
        sums = np.empty(shape, accumulator)
        for part, matrix, target in zip(parts, matrices, np.split(sums, groups, axis=3), strict=True):
            _multiply(_windows(part, height, width), matrix, target)
        sums += bias
        return finish(sums)

    return run


def _windows(x: np.ndarray, height, width) -> np.ndarray:
    """A view of `x` [N, H, W, C] as [N, H', W', KH, KW, C]."""
    reach = [(axis.kernel - 1) * axis.dilation + 1 for axis in (height, width)]
    view = sliding_window_view(x, reach, axis=(1, 2))
    view = view[:, :: height.stride, :: width.stride, :, :: height.dilation, :: width.dilation]
    return view[:, : height.out, : width.out].transpose(0, 1, 2, 4, 5, 3)


def _multiply(windows: np.ndarray, matrix: np.ndarray, sums: np.ndarray) -> None:
    """Windows times weights into `sums` [N, H', W', O / groups]; unrolled a block of output rows at a time."""
    terms = len(matrix)
    _, out_h, out_w, channels = sums.shape
    step = max(1, _BLOCK_VALUES // (out_w * terms))
    for image, target in zip(windows, sums, strict=True):
        for top in range(0, out_h, step):
            block = image[top : top + step].reshape(-1, terms)
            target[top : top + step] = (block @ matrix).reshape(-1, out_w, channels)
