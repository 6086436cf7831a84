"""FULLY_CONNECTED: x [..., K] int8 or int16, weights int8 [O, K], bias [O] -> [batches, O] or [..., O].

With per-tensor weights, the scale is double(float32(s_x * s_w)) / double(s_y). Unlike in most other operators,
the product is first rounded to float32. Source: tensorflow/lite/kernels/kernel_util.cc
(GetQuantizedConvolutionMultipler) and internal/reference/integer_ops/fully_connected.h.
"""

from functools import cache

import numpy as np

from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, weights
from ticktalk.runtime_sim.ops.shared.kernel import Kernel
from ticktalk.runtime_sim.ops.shared.requantise import OutputStage, Rescale

ALONG_TIME = along_time.ROW
OPTIONS = Options(
    8,
    {
        "activation": Field(0, "activation"),
        "weights_format": Field(1, "i8"),
        "keep_num_dims": Field(2, "bool"),
    },
)


def prepare(node: Node) -> Kernel:
    """Return a kernel that computes one exact matrix product with BLAS."""
    node.count(2, 3)
    source = node.input(0, ACTIVATIONS)
    channels, depth = node.input(1, rank=2).shape
    kernel = weights.weights(node, channels)
    if node.option("weights_format"):
        node.fail("shuffled weights are not supported")
    if source.size % depth:
        node.fail(f"{source.label} has {source.size} elements, which is not a multiple of {depth}")
    target = node.output(0, (source.dtype.type,))
    if target.shape[-1:] != (channels,) or target.size != source.size // depth * channels:
        node.fail(f"{target.label} has shape {list(target.shape)}, not {source.size // depth} rows of {channels}")
    accumulator = weights.accumulator(node, source, depth, kernel)
    bias = weights.bias(node, 2, channels, accumulator)
    stage = OutputStage(node, target, factors_of(node, source, kernel, target, channels), bias)

    @cache
    def prepared() -> tuple[np.ndarray, Rescale]:
        rows = kernel.constant.T
        reach = weights.reach(rows, source)
        return np.ascontiguousarray(rows, stage.float_type(reach)), stage.finish(reach)

    def run(x: np.ndarray, *_: object) -> np.ndarray:
        matrix, finish = prepared()
        centred = np.subtract(x, source.zero_point, dtype=matrix.dtype).reshape(-1, depth)
        return finish(centred @ matrix).reshape(target.shape)

    return run


def factors_of(node: Node, source: Tensor, kernel: Tensor, target: Tensor, channels: int) -> np.ndarray:
    """Return the factor of each output channel as float64 [channels]."""
    if kernel.scales.size > 1:
        return weights.channel_factors(node, source, kernel, target, channels)
    return np.full(channels, np.float64(np.float32(source.scale * kernel.scale)) / np.float64(target.scale))
