"""FULLY_CONNECTED: rows of the input times the weights. See runtime_sim/ops/fully_connected.py."""

import numpy as np

from firmware_gen.kernel import Kernel
from firmware_gen.kernels import _dense, _direct
from firmware_gen.kernels._then import then
from firmware_gen.requantise import bias, channel_factors, requantisation
from firmware_gen.window import Window
from runtime_sim.node import ACTIVATIONS, Node


def kernel(node: Node, isa: str) -> Kernel:
    """A dense layer of source.size / K places."""
    after = then(node, isa)
    source, target = node.input(0, ACTIVATIONS), after.result
    weights = node.input(1)
    outputs, terms = weights.shape
    rows = node.constant(1, (np.int8,))
    if weights.scales.size > 1:
        factors = channel_factors(source, weights, target, outputs)
    else:
        # TFLite rounds the product of the scales to float32 here, and only here.
        factors = np.full(outputs, np.float64(np.float32(source.scale * weights.scale)) / np.float64(target.scale))
    if source.dtype == np.int16:
        places = Window(1, 1, source.size // terms, terms, 1, source.size // terms, outputs, 1, 1, 1, 1, 1, 1, 0, 0)
        return _direct.kernel(node, places, rows.reshape(outputs, 1, 1, terms), factors)
    table = requantisation(rows, bias(node, outputs), factors, source, target, node.option("activation"))
    formula = f"y[p][o] = clamp({target.zero_point} + scale[o] * (bias[o] + sum over {terms} terms of (x - {source.zero_point}) * w[o])){after.formula}"
    return _dense.kernel(_dense.Dense(source.size // terms, terms, table, formula, after), isa)
