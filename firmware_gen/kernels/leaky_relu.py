"""LEAKY_RELU: a look-up table for int8, arithmetic for int16. See runtime_sim/ops/leaky_relu.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import signed
from ticktalk.runtime_sim.arithmetic.fixed_point import quantize_multiplier
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.ops.leaky_relu import factors


def kernel(node: Node, isa: str) -> Kernel:
    """Compile with one factor for each sign of x."""
    source, target = node.input(0, ACTIVATIONS), node.output(0, ACTIVATIONS)
    above, below = map(quantize_multiplier, factors(source, target, np.float32(node.option("alpha"))))
    return signed.kernel(node, isa, above, below, "y = x if x >= 0, otherwise alpha * x")
