"""TRANSPOSE_CONV: each output accumulates the inputs that contribute to it. See runtime_sim/ops/transpose_conv.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.graph.window import window
from ticktalk.firmware_gen.kernels.dense import direct
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile with the window of the corresponding convolution, which maps the output to the input."""
    rows = node.constant(1, (np.int8,))
    area = window(node, node.output(0, ACTIVATIONS), node.input(2, ACTIVATIONS), rows.shape[1], rows.shape[2])
    return direct.kernel(node, area, rows, transposed=True, source_at=2, bias_at=3)
