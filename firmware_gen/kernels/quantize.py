"""QUANTIZE: a look-up table for int8 inputs, arithmetic for int16 inputs and for float32 inputs of a graph.

See runtime_sim/ops/quantize.py."""

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type, float_literal
from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.firmware_gen.kernels.shared import tables
from ticktalk.runtime_sim.arithmetic.fixed_point import quantize_multiplier
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile with the implementation for the input type."""
    source = node.input(0, (*ACTIVATIONS, np.float32))
    target = node.output(0, ACTIVATIONS)
    if source.dtype == np.int8:
        return tables.kernel(node, isa)
    limits = np.iinfo(target.dtype)
    context = {
        "type": c_type(np.empty(0, target.dtype)), "size": source.size, "zero_point": target.zero_point,
        "low": limits.min, "high": limits.max,
    }  # fmt: skip
    if source.dtype == np.float32:
        context["scale"] = float_literal(target.scale)
        function = Function("shared/quantize_float.c.j2", f"quantize_{source.size}", context)
        formula = f"y = clamp({target.zero_point} + x / {target.scale:.6g}), rounded half away from zero"
    else:
        factor = quantize_multiplier(np.float64(source.scale) / np.float64(target.scale))
        context |= {"source_zero_point": source.zero_point, "factor": factor}
        function = Function("shared/rescale.c.j2", f"rescale_{source.size}", context)
        formula = (
            f"y = clamp({target.zero_point} + (x - {source.zero_point}) * {source.scale:.6g} / {target.scale:.6g})"
        )
    return Kernel((function,), (Input(0), Output(0)), formula)
