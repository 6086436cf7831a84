"""DEQUANTIZE. See runtime_sim/ops/dequantize.py."""

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type, float_literal
from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import QUANTISED, Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to one float multiplication per element.

    TFLite multiplies in double and rounds to float. The results are identical, because both round the exact product
    once.
    """
    source = node.input(0, QUANTISED)
    context = {
        "type": c_type(np.empty(0, source.dtype)), "size": source.size, "zero_point": source.zero_point,
        "scale": float_literal(source.scale),
    }  # fmt: skip
    formula = f"y = (x - {source.zero_point}) * {source.scale:.6g}, in float"
    return Kernel((Function("dequantize.c.j2", f"dequantize_{source.size}", context),), (Input(0), Output(0)), formula)
