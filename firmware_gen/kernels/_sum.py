"""ADD and SUB: both operands are brought to one scale with 20 bits to spare. See runtime_sim/ops/_sum.py."""

import numpy as np

from firmware_gen.kernel import Kernel
from firmware_gen.kernels import _binary
from runtime_sim.fixed_point import activation_range, quantize_multiplier
from runtime_sim.node import Node


def kernel(node: Node, sign: str) -> Kernel:
    """x1 `sign` x2."""
    first, second, target = node.input(0), node.input(1), node.output(0)
    scales = [np.float64(first.scale), np.float64(second.scale)]
    top = 2 * max(scales)
    low, high = activation_range(node.option("activation"), target.scale, target.zero_point, target.dtype)
    context = {
        "sign": sign, "zeros": (first.zero_point, second.zero_point, target.zero_point), "low": low, "high": high,
        "factors": [quantize_multiplier(scale / top) for scale in scales],
        "outer": quantize_multiplier(top / ((1 << 20) * np.float64(target.scale))),
    }  # fmt: skip
    formula = f"y = clamp({target.zero_point} + ((x1 - {first.zero_point}) * {scales[0]:.6g} {sign} (x2 - {second.zero_point}) * {scales[1]:.6g}) / {target.scale:.6g})"
    return _binary.kernel(node, "_sum.c.j2", context, formula)
