"""ADD and SUB of equal shapes for MVE: four elements at a time.

TFLite brings an operand to the common scale with (x - z) * 2^20, a multiplier and a rounding shift, and the sum back with
another multiplier and shift, each rounded twice. There are 256 values of an operand and 65536 sums: where trying them all
shows that fewer instructions give the same, those are used.
"""

import numpy as np

from firmware_gen.kernel import Argument, Function, Input, Kernel, Output
from runtime_sim.fixed_point import multiply_by_quantized_multiplier, srdhm

_VALUES = np.arange(-128, 128, dtype=np.int64)


def kernel(total, size: int) -> Kernel:
    """Of a `_sum.Sum` whose operands have `size` elements each."""
    forms = [_operand(zero, factor) for zero, factor in zip(total.zeros, total.factors)]
    raised = [multiply_by_quantized_multiplier((_VALUES - zero) << 20, *factor) for zero, factor in zip(total.zeros, total.factors)]
    scaling = _way_out(np.add.outer(raised[0], raised[1] if total.sign == "+" else -raised[1]), total.outer)
    context = {
        "sign": total.sign, "size": size, "low": total.low, "high": total.high,
        "forms": [form for form, _ in forms], "scaling": scaling,
    }  # fmt: skip
    function = Function("_sum_mve.c.j2", f"{'add' if total.sign == '+' else 'subtract'}_{size}", context)
    numbers = [number for _, each in forms for number in each]
    return Kernel((function,), (Input(0), Input(1), *numbers, *total.outer, total.zeros[2], Output(0)), total.formula, in_place=(0, 1))


def _operand(zero: int, factor: tuple[int, int]) -> tuple[str, list[Argument]]:
    """How an operand gets to the common scale: the steps after x * slope + offset, and slope, offset, multiplier and shift."""
    multiplier, shift = factor
    wanted = multiply_by_quantized_multiplier((_VALUES - zero) << 20, multiplier, shift)
    if np.array_equal(wanted, (_VALUES - zero) << 19):
        return "none", [1 << 19, -zero << 19, 0, 0]
    room = 20 + shift
    if room >= 0 and np.array_equal(wanted, srdhm((_VALUES - zero) << room, multiplier)):
        return "once", [1 << room, -zero << room, multiplier, 0]
    return "down" if shift < 0 else "any", [1 << 20, -zero << 20, multiplier, shift]


def _way_out(sums: np.ndarray, factor: tuple[int, int]) -> str:
    """The cheapest of tt_mve.h's ways to scale that is exact for all sums: tt_scale_down_positive only errs on ties below zero."""
    multiplier, shift = factor
    if shift >= 0:
        return "any"
    high = srdhm(sums, multiplier)
    ties = (high < 0) & ((high & ((1 << -shift) - 1)) == 1 << (-shift - 1))
    return "down" if ties.any() else "down_positive"
