"""DEPTHWISE_CONV_2D: x [N, H, W, C] int8 or int16, weights int8 [1, KH, KW, C * M], bias [C * M] -> [N, H', W', C * M].

Output channel c * M + m is input channel c convolved with its own kernel. M is the depth multiplier.
Source: tensorflow/lite/kernels/internal/reference/integer_ops/depthwise_conv.h.
"""

from functools import cache

import numpy as np

from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, weights, window
from ticktalk.runtime_sim.ops.shared.kernel import Kernel
from ticktalk.runtime_sim.ops.shared.requantise import OutputStage, Rescale

ALONG_TIME = along_time.window(1)
OPTIONS = Options(
    2,
    {
        "padding": Field(0, "padding"),
        "stride_w": Field(1, "i32"),
        "stride_h": Field(2, "i32"),
        "depth_multiplier": Field(3, "i32"),
        "activation": Field(4, "activation"),
        "dilation_w": Field(5, "i32", 1),
        "dilation_h": Field(6, "i32", 1),
    },
)


def prepare(node: Node) -> Kernel:
    """Return a kernel that multiplies windows by weights and adds up the taps."""
    node.count(2, 3)
    source = node.input(0, ACTIVATIONS, rank=4)
    channels = node.input(1, rank=4).shape[3]
    kernel = weights.weights(node, channels)
    multiplier = node.option("depth_multiplier")
    if kernel.shape[0] != 1 or multiplier * source.shape[3] != channels:
        node.fail(f"{source.shape[3]} channels times {multiplier} do not match weights {list(kernel.shape)}")
    height, width = window.axes(node, source, kernel.shape[1], kernel.shape[2])
    shape = (source.shape[0], height.out, width.out, channels)
    target = node.output(0, (source.dtype.type,), shape)
    kind = weights.accumulator(node, source, height.kernel * width.kernel)
    bias = weights.bias(node, 2, channels, kind)
    stage = OutputStage(node, target, weights.channel_factors(node, source, kernel, target, channels), bias)

    @cache
    def prepared() -> tuple[np.ndarray, Rescale]:
        reach = weights.reach(kernel.constant.reshape(-1, channels), source)
        return kernel.constant[0].astype(stage.float_type(reach)), stage.finish(reach)

    def run(x: np.ndarray, *_: object) -> np.ndarray:
        taps, finish = prepared()
        padded = window.pad(np.subtract(x, source.zero_point, dtype=taps.dtype), height, width)
        padded = np.repeat(padded, multiplier, axis=3) if multiplier > 1 else padded
        return finish(np.einsum("nhwijc,ijc->nhwc", window.windows(padded, height, width), taps))

    return run
