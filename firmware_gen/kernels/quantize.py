"""QUANTIZE: a look-up table for 8-bit inputs, arithmetic for wider inputs and for float32 inputs of a graph.

See runtime_sim/ops/quantize.py."""

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type, float_literal
from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.firmware_gen.kernels.shared import tables
from ticktalk.runtime_sim.arithmetic.fixed_point import quantize_multiplier
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.quantize import CONVERSIONS


def kernel(node: Node, isa: str) -> Kernel:
    """Compile with the implementation for the input type."""
    source = node.input(0, tuple(CONVERSIONS))
    target = node.output(0, CONVERSIONS[source.dtype.type])
    if source.dtype.itemsize == 1 and target.dtype.itemsize <= 2:
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
        context |= {
            "source": c_type(np.empty(0, source.dtype)),
            "source_zero_point": source.zero_point,
            "factor": factor,
        }
        function = Function("shared/rescale.c.j2", f"rescale_{source.size}", context)
        formula = (
            f"y = clamp({target.zero_point} + (x - {source.zero_point}) * {source.scale:.6g} / {target.scale:.6g})"
        )
    return Kernel((function,), (Input(0), Output(0)), formula)
