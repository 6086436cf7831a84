"""Find a form of requantisation with a single rounding that equals TensorFlow Lite Micro's double rounding.

    y = clamp((offset + round((256 * sum + addend) * multiplier / 2^32)) >> shift)

Both forms are monotonic in the sum, so they are equal for all sums if every result first appears at the same sum. These
steps are compared for each channel. The form exists only for layers that clamp at the zero point or above it, as with
RELU, because TFLite rounds away from zero."""

from dataclasses import dataclass

import numpy as np

SCALE = 8  # bits by which sums are shifted to the left
_OFFSETS = (*range(256), *range(256, 1 << 16, 256))  # offsets to try: constants of a single instruction
_FAR = 1 << 62
_NUDGES = np.array([0, *(sign << power for power in range(8) for sign in (1, -1))])[
    :, None
]  # changes of the multiplier to try


@dataclass(frozen=True, eq=False)
class SingleRounding:
    """int32 [O] `multipliers` and `addends`, which include the bias, and the `offset` and `shift` of all channels."""

    multipliers: np.ndarray
    addends: np.ndarray
    offset: int
    shift: int


def single_rounding(
    rows: np.ndarray,
    bias: np.ndarray,
    multipliers: np.ndarray,
    shifts: np.ndarray,
    zero_point: int,
    low: int,
    high: int,
) -> SingleRounding | None:
    """Return the form for a layer with weights int8 [O, K] and inputs from -128 to 127, or None if none was found.

    `multipliers` and `shifts` are TFLite's. All shifts are to the right."""
    wide, bias = rows.astype(np.int64), bias.astype(np.int64)
    fewest, most = np.minimum(-128 * wide, 127 * wide).sum(1), np.maximum(-128 * wide, 127 * wide).sum(1)
    constant, exponents = fewest == most, -shifts.astype(np.int64)
    if low < zero_point or low >= high or constant.all():
        return None
    shift = int(exponents[~constant].min()) + SCALE - 1
    if shift > 22:
        return None
    results = np.arange(low + 1, high + 1)[:, None]
    # The least value that rounds to each result in the second rounding, and the least sum, without the bias.
    halves = ((results - zero_point) << exponents) - (1 << exponents - 1)
    firsts = -(-((halves << 31) - (1 << 30)) // multipliers) - bias
    shared = multipliers.astype(np.int64) >> np.maximum(exponents - (shift + 1 - SCALE), 0)
    factors = np.where(constant, 1 << 30, shared) + _NUDGES
    factors[factors >= 1 << 31] = 1
    # Q = addend * factor + offset * 2^32 must be at least `least`, so that steps are reached, and below `less`, so that
    # they are not reached by smaller sums.
    edges = (results << shift + 32) - (1 << 31)
    least, less = np.empty_like(factors), np.empty_like(factors)
    for nudge, factor in enumerate(factors):
        reached = edges - (np.clip(firsts, fewest, most) * factor << SCALE)
        missed = edges - (np.clip(firsts - 1, fewest, most) * factor << SCALE)
        least[nudge] = np.where(firsts <= most, reached, -_FAR).max(0)
        less[nudge] = np.where(firsts > fewest, missed, _FAR).min(0)
    room = (1 << 31) - (np.maximum(-fewest, most) << SCALE)  # so that no sum overflows
    for offset in _OFFSETS:
        addends = np.maximum(-(((offset << 32) - least) // factors), 1 - room)
        fits = (addends * factors + (offset << 32) < less) & (addends < room)
        if fits.any(0).all():
            pick = fits.argmax(0), np.arange(len(rows))
            return SingleRounding(factors[pick].astype(np.int32), addends[pick].astype(np.int32), offset, shift)
    return None
