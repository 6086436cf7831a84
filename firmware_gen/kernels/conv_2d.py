"""CONV_2D: every place's patch, as a row, times the weights. See runtime_sim/ops/conv_2d.py for what it means."""

from firmware_gen.errors import BuildError
from firmware_gen.kernel import Kernel
from firmware_gen.kernels import _dense
from firmware_gen.requantise import bias, channel_factors, requantisation
from firmware_gen.window import window
from runtime_sim.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """1x1 and 1xK convolutions read their rows where they are; others, and padded ones, gather them."""
    source, target = node.input(0), node.output(0)
    weights = node.input(1)
    outputs, height, width, depth = weights.shape
    if depth != source.shape[3]:
        raise BuildError(f"{node.graph.name}: {node.operator.label}: grouped convolutions are not supported")
    area = window(node, source, target, height, width)
    rows = node.constant(1, (weights.dtype.type,)).reshape(outputs, -1)
    factors = channel_factors(source, weights, target, outputs)
    table = requantisation(rows, bias(node, outputs), factors, source, target, node.option("activation"))
    step = area.step if area.run else None
    formula = f"y[p][o] = clamp({target.zero_point} + scale[o] * (bias[o] + sum over {rows.shape[1]} terms of (x - {source.zero_point}) * w[o]))"
    return _dense.kernel(_dense.Dense(area.positions, step, rows, table, formula, area, source.zero_point), isa)
