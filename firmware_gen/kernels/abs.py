"""ABS: a look-up table for int8, arithmetic for int16. See runtime_sim/ops/abs.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import signed
from ticktalk.runtime_sim.arithmetic.fixed_point import quantize_multiplier
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile with one factor for the magnitude."""
    source, target = node.input(0, ACTIVATIONS), node.output(0, ACTIVATIONS)
    factor = quantize_multiplier(np.float64(source.scale) / np.float64(target.scale))
    return signed.kernel(node, isa, factor, factor, "y = |x|", flip=True)
