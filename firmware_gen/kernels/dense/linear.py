"""Find a linear form of ADD or SUB, y = clamp((x1 * a + x2 * b + c) >> s), that is exact for all 65536 int8 pairs.

TFLite rounds each sum three times. The result differs from the rounded exact sum only near a tie. Adjusting the slopes
by a few units usually reproduces TFLite's results near ties. A linear form exists for 98 % of randomly chosen
scales."""

from itertools import product
from math import floor, log2

import numpy as np

_VALUES = np.arange(-128, 128, dtype=np.int64)
_NUDGES = sorted(product(range(-3, 4), repeat=2), key=lambda each: abs(each[0]) + abs(each[1]))
_NEVER = 1 << 62


def linear_form(
    slopes: tuple[float, float], results: np.ndarray, low: int, high: int
) -> tuple[int, int, int, int] | None:
    """Return (a, b, c, s), or None if no linear form was found. Intermediate values fit int32, and s is 1 to 24.

    `slopes` is the change of the result per unit of x1 and of x2. `results` int64 [256, 256] holds the results for all
    x1 and x2 from -128 to 127, clamped to the range from `low` to `high`.
    """
    room = 30 - log2(256 * (abs(slopes[0]) + abs(slopes[1])) + 257)
    shift = min(floor(room), 24)
    if shift < 1:
        return None
    for nudges in _NUDGES:
        a, b = (round(slope * 2.0**shift) + nudge for slope, nudge in zip(slopes, nudges))
        products = np.add.outer(a * _VALUES, b * _VALUES)
        # c must be within these bounds for every pair. A clamped result provides only one bound.
        least = np.where(results > low, (results << shift) - products, -_NEVER).max()
        most = np.where(results < high, ((results + 1) << shift) - products - 1, _NEVER).min()
        if -_NEVER < least <= most < _NEVER:
            c = int(least + most) // 2
            if np.abs(products).max() + abs(c) < 1 << 31:
                return a, b, c, shift
    return None
