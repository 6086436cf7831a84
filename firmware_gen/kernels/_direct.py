"""Convolutions that read their input where it lies: of groups, of int16, and transposed. The same C for every instruction set.

What lies outside of the input takes no part. So the zero point of the input is subtracted in the loop, for int16 it is 0.
"""

import numpy as np

from firmware_gen.arrays import c_type
from firmware_gen.kernel import Constant, Function, Input, Kernel, Output
from firmware_gen.kernels._rescaling import accumulator, rescaling
from firmware_gen.requantise import channel_factors
from firmware_gen.window import Window
from runtime_sim.fixed_point import activation_range
from runtime_sim.graph import Tensor
from runtime_sim.node import ACTIVATIONS, Node


def kernel(
    node: Node, window: Window, rows: np.ndarray, factors: np.ndarray | None = None, transposed: bool = False,
    source_at: int = 0, bias_at: int = 2,
) -> Kernel:  # fmt: skip
    """`rows` int8 [O, KH, KW, D] are each output's weights; D channels of the input are a group, whose outputs follow
    each other. `factors` are channel_factors where there are none. `window` lies over the input, or, where
    `transposed`, over the output. `source_at` and `bias_at` are operands."""
    source, target = node.input(source_at, ACTIVATIONS), node.output(0, ACTIVATIONS)
    outputs, height, width, depth = rows.shape
    channels = source.shape[-1]
    factors = channel_factors(source, node.input(1), target, outputs) if factors is None else factors
    low, high = activation_range(node.option("activation"), target.scale, target.zero_point, target.dtype)
    biases = _biases(node, source, rows, bias_at)
    context = {
        "window": window, "transposed": transposed, "outputs": outputs, "depth": depth, "channels": channels,
        "group_outputs": outputs * depth // channels, "type": c_type(np.empty(0, source.dtype)), "sum_type": c_type(biases),
        "source_zero_point": source.zero_point, "zero_point": target.zero_point, "low": low, "high": high,
    }  # fmt: skip
    scales = np.array([rescaling(factor, target.dtype) for factor in factors], np.int32)
    hint = f"{node.operator.name.lower()}_{height}x{width}_{channels}_to_{outputs}"
    return Kernel(
        (Function("_direct.c.j2", hint, context),),
        (Input(source_at), Constant("weights", rows), Constant("biases", biases), Constant("scales", scales), Output(0)),
        f"y[p][o] = clamp({target.zero_point} + scale[o] * (bias[o] + sum over {height * width * depth} terms of (x - {source.zero_point}) * w[o]))",
        macs=window.positions * rows.size,
    )


def _biases(node: Node, source: Tensor, rows: np.ndarray, position: int) -> np.ndarray:
    """The biases, zeros where there are none, in the type of the accumulators."""
    values = np.zeros(len(rows), np.int64)
    if node.has(position):
        values = node.constant(position, (np.int32, np.int64)).reshape(-1).astype(np.int64)
    limits = np.iinfo(source.dtype)
    furthest = max(limits.max - source.zero_point, source.zero_point - limits.min)
    sums = furthest * np.abs(rows.astype(np.int64)).reshape(len(rows), -1).sum(1)
    return values.astype(accumulator(node, max(abs(int(value)) + int(total) for value, total in zip(values, sums))))
