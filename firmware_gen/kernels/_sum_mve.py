"""ADD and SUB of equal shapes for MVE: four elements at a time.

TFLite brings an operand to the common scale with (x - z) * 2^20, a multiplier and a rounding shift, and the sum back with
another multiplier and shift, each rounded twice. Fewer instructions round less often, and a result differs only where a sum
is next to a tie. There are 65536 pairs of values: the cheapest form is taken that gives the right result for all of them.
"""

from itertools import product

import numpy as np

from firmware_gen.kernel import Function, Input, Kernel, Output
from runtime_sim.fixed_point import multiply_by_quantized_multiplier, srdhm

_VALUES = np.arange(-128, 128, dtype=np.int64)
_NUDGES = (0, 1, -1, 2, -2)     # of an offset: other ways to round

# A form of an operand: the steps after x * slope + offset; slope, offset, multiplier and shift; what it gives for _VALUES.
_Form = tuple[str, tuple[int, int, int, int], np.ndarray]


def kernel(total, size: int) -> Kernel:
    """Of a `_sum.Sum` whose operands have `size` elements each."""
    forms, scaling = _cheapest(total)
    context = {
        "sign": total.sign, "size": size, "low": total.low, "high": total.high,
        "forms": [steps for steps, _, _ in forms], "scaling": scaling,
    }  # fmt: skip
    function = Function("_sum_mve.c.j2", f"{'add' if total.sign == '+' else 'subtract'}_{size}", context)
    numbers = [number for _, each, _ in forms for number in each]
    return Kernel((function,), (Input(0), Input(1), *numbers, *total.outer, total.zeros[2], Output(0)), total.formula, in_place=(0, 1))


def _cheapest(total) -> tuple[tuple[_Form, _Form], str]:
    """The forms of both operands, and which of tt_mve.h's ways to scale brings the sum back."""
    operands = [_forms(zero, factor) for zero, factor in zip(total.zeros, total.factors)]
    ways = ["any"] if total.outer[1] >= 0 else ["down_positive", "down"]
    wanted = _results(total, [forms[-1] for forms in operands], ways[-1])
    choices = product(*operands, ways)
    return next((forms, way) for *forms, way in choices if np.array_equal(_results(total, forms, way), wanted))


def _forms(zero: int, factor: tuple[int, int]) -> list[_Form]:
    """Ways to the common scale, TFLite's own last."""
    multiplier, shift = factor
    exact = multiply_by_quantized_multiplier((_VALUES - zero) << 20, multiplier, shift)
    if np.array_equal(exact, (_VALUES - zero) << 19):
        return [("none", (1 << 19, -zero << 19, 0, 0), exact)]
    forms = []
    if -20 <= shift <= 0:
        slope = 1 << (20 + shift)
        for nudge in _NUDGES:
            offset = -zero * slope + nudge
            forms.append(("once", (slope, offset, multiplier, 0), srdhm(_VALUES * slope + offset, multiplier)))
    return [*forms, ("down" if shift < 0 else "any", (1 << 20, -zero << 20, multiplier, shift), exact)]


def _results(total, forms, way: str) -> np.ndarray:
    """The results of all pairs of values, int64 [256, 256]."""
    first, second = (values for *_, values in forms)
    sums = np.add.outer(first, second if total.sign == "+" else -second)
    multiplier, shift = total.outer
    if way == "down_positive":
        results = (srdhm(sums, multiplier) + (1 << (-shift - 1))) >> -shift
    else:
        results = multiply_by_quantized_multiplier(sums, multiplier, shift)
    return np.clip(results + total.zeros[2], total.low, total.high)
