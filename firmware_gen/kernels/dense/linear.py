"""Find a linear form of ADD or SUB, y = clamp((x1 * a + x2 * b + c) >> s), that is exact for all 65536 int8 pairs.

TFLite rounds each sum three times. The result differs from the rounded exact sum only near a tie. Adjusting the slopes
by a few units usually reproduces TFLite's results near ties. A linear form exists for all of 150 randomly chosen
scales."""

from itertools import product
from math import floor, log2

import numpy as np

_VALUES = np.arange(-128, 128, dtype=np.int64)
_NUDGES = sorted(product(range(-3, 4), repeat=2), key=lambda each: abs(each[0]) + abs(each[1]))
_NEVER = 1 << 62
_REACH = 2 * 128 * 6  # larger than any change that nudges can make to the difference between two bounds


def linear_form(
    slopes: tuple[float, float], results: np.ndarray, low: int, high: int
) -> tuple[int, int, int, int] | None:
    """Return (a, b, c, s), or None if no linear form was found. Intermediate values fit int32, and s is 1 to 24.

    `slopes` is the change of the result per unit of x1 and of x2. `results` int64 [256, 256] holds the results for all
    x1 and x2 from -128 to 127, clamped to the range from `low` to `high`.
    """
    room = floor(31 - log2(128 * (abs(slopes[0]) + abs(slopes[1]))))
    for shift in range(min(room, 24), max(room - 3, 0), -1):
        form = _with_shift(slopes, results, low, high, shift)
        if form:
            return form
    return None


def _with_shift(
    slopes: tuple[float, float], results: np.ndarray, low: int, high: int, shift: int
) -> tuple[int, int, int, int] | None:
    """Return a form with this shift. Larger shifts have finer slopes, but may overflow."""
    a, b = (round(slope * 2.0**shift) for slope in slopes)
    products = np.add.outer(a * _VALUES, b * _VALUES)
    # c must be within these bounds for every pair. A clamped result provides only one bound.
    least = np.where(results > low, (results << shift) - products, -_NEVER)
    most = np.where(results < high, ((results + 1) << shift) - products - 1, _NEVER)
    # Pairs whose bounds can be the tightest for any nudge.
    lower, upper = np.nonzero(least >= least.max() - _REACH), np.nonzero(most <= most.min() + _REACH)
    for first, second in _NUDGES:
        bottom = (least[lower] - first * _VALUES[lower[0]] - second * _VALUES[lower[1]]).max()
        top = (most[upper] - first * _VALUES[upper[0]] - second * _VALUES[upper[1]]).min()
        if -_NEVER < bottom <= top < _NEVER:
            c = int(bottom + top) // 2
            if 128 * (abs(a + first) + abs(b + second)) + abs(c) < 1 << 31:
                return a + first, b + second, c, shift
    return None
