"""CONV_2D: the patch at each window position, flattened to a row, times the weights. See runtime_sim/ops/conv_2d.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import SHORT_LOOPS, STAGED, Kernel
from ticktalk.firmware_gen.graph.requantise import bias, channel_factors, requantisation
from ticktalk.firmware_gen.graph.window import window
from ticktalk.firmware_gen.kernels.dense import choose, direct, layer
from ticktalk.firmware_gen.kernels.epilogue.epilogue import epilogue_of
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to a dense layer.

    1x1 and 1xK convolutions without padding read their rows in place, and all others gather the rows first. Grouped and
    int16
    convolutions are compiled by dense/direct.py instead.
    """
    after = epilogue_of(node, isa)
    source, target = node.input(0, ACTIVATIONS), after.result
    weights = node.input(1)
    outputs, height, width, depth = weights.shape
    area = window(node, source, target, height, width)
    if depth != source.shape[3] or source.dtype == np.int16:
        return direct.kernel(node, area, node.constant(1, (np.int8,)))
    rows = node.constant(1, (weights.dtype.type,)).reshape(outputs, -1)
    factors = channel_factors(source, weights, target, outputs)
    table = requantisation(rows, bias(node, outputs), factors, source, target, node.option("activation"))
    step = area.step if area.run else None
    formula = (
        f"y[p][o] = clamp({target.zero_point} + scale[o] * (bias[o] + sum of {rows.shape[1]} products (x - "
        f"{source.zero_point}) * w[o])){after.formula}"
    )
    staged = node.operator.options.get(STAGED, False)
    short = node.operator.options.get(SHORT_LOOPS, False)
    dense = layer.Dense(area.positions, step, table, formula, after, area, source.zero_point, staged, short)
    return choose.kernel(dense, isa)
