"""FULLY_CONNECTED: input rows times the weights. See runtime_sim/ops/fully_connected.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import SHORT_LOOPS, STAGED, Kernel
from ticktalk.firmware_gen.graph.requantise import bias, requantisation
from ticktalk.firmware_gen.graph.window import Window
from ticktalk.firmware_gen.kernels.dense import choose, direct, layer
from ticktalk.firmware_gen.kernels.epilogue.epilogue import epilogue_of
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.ops.fully_connected import factors_of


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to a dense layer with source.size / K positions."""
    after = epilogue_of(node, isa)
    source, target = node.input(0, ACTIVATIONS), after.result
    weights = node.input(1)
    outputs, depth = weights.shape
    rows = node.constant(1, (np.int8,))
    factors = factors_of(node, source, weights, target, outputs)
    if source.dtype == np.int16:
        positions = Window(1, 1, source.size // depth, depth, 1, source.size // depth, outputs, 1, 1, 1, 1, 1, 1, 0, 0)
        return direct.kernel(node, positions, rows.reshape(outputs, 1, 1, depth), factors)
    table = requantisation(rows, bias(node, outputs), factors, source, target, node.option("activation"))
    formula = (
        f"y[p][o] = clamp({target.zero_point} + scale[o] * (bias[o] + sum of {depth} products (x - "
        f"{source.zero_point}) * w[o])){after.formula}"
    )
    staged = node.operator.options.get(STAGED, False)
    short = node.operator.options.get(SHORT_LOOPS, False)
    dense = layer.Dense(source.size // depth, depth, table, formula, after, staged=staged, short=short)
    return choose.kernel(dense, isa)
