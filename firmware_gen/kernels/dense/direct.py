"""Grouped, int16 and transposed convolutions, which read their input in place.

The C code is the same for every instruction set. Padding is skipped rather than read, so the input's zero point is
subtracted in the loop. For int16, the zero point is 0."""

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type
from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output
from ticktalk.firmware_gen.graph.requantise import bias, channel_factors, requantisation
from ticktalk.firmware_gen.graph.window import Window
from ticktalk.firmware_gen.kernels.shared.rescaling import accumulator, rescaling
from ticktalk.runtime_sim.arithmetic.fixed_point import activation_range
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node


def kernel(
    node: Node, window: Window, rows: np.ndarray, factors: np.ndarray | None = None, transposed: bool = False,
    source_at: int = 0, bias_at: int = 2,
) -> Kernel:  # fmt: skip
    """Compile a convolution.

    `rows` int8 [O, KH, KW, D] holds the weights of each output. Each group has D input channels and consecutive
    outputs. `factors` defaults to the result of channel_factors. `window` moves over the input, or over the output if
    `transposed` is true. `source_at` and `bias_at` are the positions of the input and the bias among the operands.
    """
    source, target = node.input(source_at, ACTIVATIONS), node.output(0, ACTIVATIONS)
    outputs, height, width, depth = rows.shape
    channels = source.shape[-1]
    factors = channel_factors(source, node.input(1), target, outputs) if factors is None else factors
    flat, biases = rows.reshape(outputs, -1), bias(node, outputs, bias_at)
    sum_type = _sum_type(node, source, flat, biases)
    if target.dtype == np.int8:
        table = requantisation(flat, biases, factors, source, target, node.option("activation"), centred=True)
        flat, numbers, way = table.rows, table.arguments, table.context
    else:
        numbers, way = _numbers(node, target, factors, biases.astype(sum_type))
    context = {
        "window": window, "transposed": transposed, "outputs": outputs, "depth": depth, "channels": channels,
        "group_outputs": outputs * depth // channels, "type": c_type(np.empty(0, source.dtype)),
        "sum_type": c_type(np.empty(0, sum_type)), "source_zero_point": source.zero_point, **way,
    }  # fmt: skip
    hint = f"{node.operator.name.lower()}_{height}x{width}_{channels}_to_{outputs}"
    return Kernel(
        (Function("dense/direct.c.j2", hint, context),),
        (Input(source_at), Constant("weights", flat), *numbers, Output(0)),
        f"y[p][o] = clamp({target.zero_point} + scale[o] * (bias[o] + sum of {height * width * depth} products (x "
        f"- {source.zero_point}) * w[o]))",
        macs=window.positions * rows.size,
    )


def _sum_type(node: Node, source: Tensor, rows: np.ndarray, biases: np.ndarray) -> np.dtype:
    """Return the type of the accumulators."""
    limits = np.iinfo(source.dtype)
    furthest = max(limits.max - source.zero_point, source.zero_point - limits.min)
    sums = furthest * np.abs(rows.astype(np.int64)).sum(1)
    return accumulator(node, max(abs(int(value)) + int(total) for value, total in zip(biases, sums)))


def _numbers(node: Node, target: Tensor, factors: np.ndarray, biases: np.ndarray) -> tuple[tuple, dict]:
    """Return the bias and scale arguments of an int16 layer, and the context for the templates.

    There is one scale for all outputs or one per output. A scale is multiplier * 2^16 + shift, with the multiplier
    below 2^15."""
    scales = np.array(
        [multiplier << 16 | shift for multiplier, shift in (rescaling(factor, target.dtype) for factor in factors)],
        np.int32,
    )
    low, high = activation_range(node.option("activation"), target.scale, target.zero_point, target.dtype)
    form = "layer" if np.all(scales == scales[0]) else "wide"
    return (Constant("bias", biases), int(scales[0]) if form == "layer" else Constant("scales", scales)), {
        "form": form,
        "fast": False,
        "low": low,
        "high": high,
        "zero_point": target.zero_point,
    }
