"""ADD and SUB: both operands are brought to one scale with 20 bits (int16: 15) to spare. See runtime_sim/ops/_sum.py."""

import numpy as np

from firmware_gen.kernel import Kernel
from firmware_gen.kernels import _binary
from runtime_sim.fixed_point import activation_range, quantize_multiplier
from runtime_sim.node import Node

_HALF = (1 << 30, 0)        # the operand with the greater scale: its factor is exactly 1/2


def kernel(node: Node, sign: str, isa: str) -> Kernel:
    """x1 `sign` x2."""
    first, second, target = _binary.operands(node)
    scales = [np.float64(first.scale), np.float64(second.scale)]
    top = 2 * max(scales)
    spare = 20 if target.dtype == np.int8 else 15
    low, high = activation_range(node.option("activation"), target.scale, target.zero_point, target.dtype)
    factors = [quantize_multiplier(scale / top) for scale in scales]
    outer = quantize_multiplier(top / ((1 << spare) * np.float64(target.scale)))
    context = {
        "sign": sign, "zeros": (first.zero_point, second.zero_point, target.zero_point), "low": low, "high": high,
        "factors": factors, "outer": outer, "half": _HALF, "spare": spare,
    }  # fmt: skip
    formula = (
        f"y = clamp({target.zero_point} + ((x1 - {first.zero_point}) * {scales[0]:.6g} "
        f"{sign} (x2 - {second.zero_point}) * {scales[1]:.6g}) / {target.scale:.6g})"
    )
    # Four at a time where no operand is broadcast; requantise.py explains why the shifts have these limits.
    quick = all(factor == _HALF or -22 <= factor[1] < 0 for factor in factors) and -22 <= outer[1] < 0
    if isa != "portable" and target.dtype == np.int8 and quick and first.shape == second.shape and first.size >= 4:
        return _binary.kernel(node, "_sum_dsp.c.j2", context, formula)
    return _binary.kernel(node, "_sum.c.j2", context, formula)
