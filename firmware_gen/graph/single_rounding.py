"""Find a form of requantisation with a single rounding that equals TensorFlow Lite Micro's double rounding.

    y = clamp((offset + round((256 * sum + addend) * multiplier / 2^32)) >> shift)      dsp
    y = clamp(round(round((2^scale * sum + addend) * multiplier / 2^31) / 2^shift))     mve

Both forms are monotonic in the sum, so they are equal for all sums if every result first appears at the same sum. These
steps are compared for each channel. The form exists only for layers that clamp at the zero point or above it, as with
RELU, because TFLite rounds away from zero."""

from dataclasses import dataclass

import numpy as np

_FAR = 1 << 62
_OFFSETS = 24  # offsets to try
_USUAL = 14  # the first shift to try, so that layers of the same shape can share a function
_NUDGES = (0, *(sign << power for power in range(8) for sign in (1, -1)))  # changes of the multiplier to try


@dataclass(frozen=True)
class Way:
    """The instructions of a form: sums are shifted to the left by `scale` bits, products to the right by `down`.

    `longest` is the longest shift of results. If `half` is true, this shift rounds, and there is no other offset."""

    scale: int
    down: int
    longest: int
    half: bool

    def tries(self, exponent: int) -> list[tuple[int, int]]:
        """Return (shift, offset) to try, if the largest multiplier has 31 bits with a shift to the right by `exponent`.

        Common shifts come first, so that layers of the same shape can share a function."""
        longest = exponent + self.scale + 31 - self.down
        if self.half:
            shifts = sorted({min(_USUAL, longest), min(self.longest, longest)})
            return [(shift, 1 << shift - 1) for shift in shifts]
        several = [(longest, offset) for offset in range(_OFFSETS)]
        return [(longest // 4 * 4, 0), *several] if longest <= self.longest else []


DSP = (Way(8, 32, 22, False),)
MVE = tuple(Way(scale, 31, 16, True) for scale in (9, 10, 8, 11, 7))


@dataclass(frozen=True, eq=False)
class SingleRounding:
    """int32 [O] `multipliers` and `addends`, which include the bias, and the `offset`, `shift` and `scale` of all
    channels."""

    multipliers: np.ndarray
    addends: np.ndarray
    offset: int
    shift: int
    scale: int


class _Steps:
    """Where results change: `results` int64 [results] above the lowest one, and `firsts` int64 [O, results], the least
    sum for each, without the bias. `fewest` and `most` int64 [O] are the least and the largest possible sum."""

    def __init__(self, results: np.ndarray, firsts: np.ndarray, fewest: np.ndarray, most: np.ndarray):
        self._results, low, high = results, fewest[:, None], most[:, None]
        self._reached, self._missed = firsts <= high, firsts > low  # by the largest and the least sum
        self._first, self._before = np.clip(firsts, low, high), np.clip(firsts - 1, low, high)
        self._largest = np.maximum(-fewest, most)

    def addends(self, way: Way, factors: np.ndarray, offset: int, shift: int, channels: np.ndarray) -> np.ndarray:
        """Return int64 addends of some channels for which all steps are equal, or _FAR where there is none."""
        # addend * factor must be at least `least`, so that steps are reached, and below `less`, so that smaller sums
        # do not reach them.
        edges = (((self._results << shift) - offset) << way.down) - (1 << way.down - 1)
        scaled = (factors << way.scale)[:, None]
        least = np.where(self._reached[channels], edges - self._first[channels] * scaled, -_FAR).max(1)
        less = np.where(self._missed[channels], edges - self._before[channels] * scaled, _FAR).min(1)
        room = (1 << 31) - (self._largest[channels] << way.scale)  # so that no sum overflows
        addends = np.maximum(-(-least // factors), 1 - room)
        return np.where((addends * factors < less) & (addends < room) & (factors < 1 << 31), addends, _FAR)


def single_rounding(
    rows: np.ndarray,
    bias: np.ndarray,
    multipliers: np.ndarray,
    shifts: np.ndarray,
    zero_point: int,
    low: int,
    high: int,
    ways: tuple[Way, ...] = DSP,
) -> SingleRounding | None:
    """Return the form for a layer with weights int8 [O, K] and inputs from -128 to 127, or None if none was found.

    `multipliers` and `shifts` are TFLite's. All shifts are to the right."""
    wide, multipliers = rows.astype(np.int64), multipliers.astype(np.int64)
    fewest, most = np.minimum(-128 * wide, 127 * wide).sum(1), np.maximum(-128 * wide, 127 * wide).sum(1)
    constant, exponents = fewest == most, -shifts.astype(np.int64)
    if low < zero_point or low >= high or constant.all():
        return None
    results = np.arange(low + 1, high + 1)
    # The smallest value that rounds to each result in the second rounding, and the smallest sum.
    halves = ((results - zero_point) << exponents[:, None]) - (1 << exponents - 1)[:, None]
    firsts = -(-((halves << 31) - (1 << 30)) // multipliers[:, None]) - bias.astype(np.int64)[:, None]
    steps = _Steps(results, firsts, fewest, most)
    exponent = int(exponents[~constant].min())
    for way in ways:
        for shift, offset in way.tries(exponent):
            kept = multipliers >> np.maximum(exponents - (shift + way.down - 31 - way.scale), 0)
            form = _fit(steps, way, np.where(constant, 1 << 30, kept), offset, shift)
            if form:
                return form
    return None


def _fit(steps: _Steps, way: Way, factors: np.ndarray, offset: int, shift: int) -> SingleRounding | None:
    """Return the form for an offset and a shift, with multipliers close to `factors`."""
    addends, pending = np.full_like(factors, _FAR), np.arange(len(factors))
    factors = factors.copy()
    for nudge in _NUDGES:
        tried = factors[pending] + nudge
        addends[pending] = steps.addends(way, tried, offset, shift, pending)
        found = addends[pending] < _FAR
        factors[pending[found]] = tried[found]
        pending = pending[~found]
        if not len(pending):
            return SingleRounding(factors.astype(np.int32), addends.astype(np.int32), offset, shift, way.scale)
    return None
