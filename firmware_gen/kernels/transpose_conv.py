"""TRANSPOSE_CONV: each output gathers the values that reach it. See runtime_sim/ops/transpose_conv.py."""

import numpy as np

from firmware_gen.kernel import Kernel
from firmware_gen.kernels import _direct
from firmware_gen.window import window
from runtime_sim.node import ACTIVATIONS, Node


def kernel(node: Node, isa: str) -> Kernel:
    """The window of the convolution from the output to the input."""
    rows = node.constant(1, (np.int8,))
    area = window(node, node.output(0, ACTIVATIONS), node.input(2, ACTIVATIONS), rows.shape[1], rows.shape[2])
    return _direct.kernel(node, area, rows, transposed=True, source_at=2, bias_at=3)
