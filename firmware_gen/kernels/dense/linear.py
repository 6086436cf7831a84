"""Find a linear form of a sum of two int8 values, y = clamp((x1 * a + x2 * b + c) >> s), exact for all 65536 pairs.

TFLite rounds a sum three times. Its result differs from the rounded exact sum only next to a tie. Changing the slopes
by a few units usually moves such sums to the right side: 98 % of random scales have such a form."""

from itertools import product
from math import floor, log2

import numpy as np

_VALUES = np.arange(-128, 128, dtype=np.int64)
_NUDGES = sorted(product(range(-3, 4), repeat=2), key=lambda each: abs(each[0]) + abs(each[1]))
_NEVER = 1 << 62


def linear_form(
    slopes: tuple[float, float], results: np.ndarray, low: int, high: int
) -> tuple[int, int, int, int] | None:
    """Return (a, b, c, s) with int32 intermediates and s from 1 to 24, or None if there is no such form.

    `slopes`: the change of the result per unit of x1 and of x2. `results` int64 [256, 256]: the results for x1 and x2
    from -128 to 127, between `low` and `high`.
    """
    room = 30 - log2(256 * (abs(slopes[0]) + abs(slopes[1])) + 257)
    shift = min(floor(room), 24)
    if shift < 1:
        return None
    for nudges in _NUDGES:
        a, b = (round(slope * 2.0**shift) + nudge for slope, nudge in zip(slopes, nudges))
        products = np.add.outer(a * _VALUES, b * _VALUES)
        # c must lie between these bounds for every pair. A clamped result gives only one bound.
        least = np.where(results > low, (results << shift) - products, -_NEVER).max()
        most = np.where(results < high, ((results + 1) << shift) - products - 1, _NEVER).min()
        if -_NEVER < least <= most < _NEVER:
            c = int(least + most) // 2
            if np.abs(products).max() + abs(c) < 1 << 31:
                return a, b, c, shift
    return None
