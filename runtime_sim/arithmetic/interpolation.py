"""Compute int16 functions by interpolation in 513-value tables, which are computed in float32.

Source: LUTPopulate and LUTLookup in tensorflow/lite/kernels/internal/common.h.
"""

from collections.abc import Callable

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import round_half_away

_STEPS = 512
_RANGE = np.float32(65535)


def table(function: Callable[[np.ndarray], np.ndarray], reach: float, zero_point: int) -> np.ndarray:
    """Return the table int16 [513] of `function` for inputs with scale reach / 65535 and outputs with scale 2 / 65535.

    Each value is adjusted by half of the interpolation error at the middle of its interval.
    """
    scale, result_scale = np.float32(reach) / _RANGE, np.float32(2) / _RANGE
    first, last = scale * np.float32(-32768 - zero_point), scale * np.float32(32767 - zero_point)
    step = (last - first) / np.float32(_STEPS)
    inverse = np.float32(65536) / (result_scale * np.float32(32767) - result_scale * np.float32(-32768))
    places = first + np.arange(_STEPS + 1, dtype=np.float32) * step
    values = function(places) * inverse
    samples = round_half_away(values[:-1])
    middles = round_half_away((values[1:] + samples) / np.float32(2))
    errors = middles - round_half_away(function(places[:-1] + step / np.float32(2)) * inverse)
    results = [
        *(samples - round_half_away(errors / np.float32(2))),
        round_half_away(function(np.array(last)) * inverse),
    ]
    return np.clip(results, -32768, 32767).astype(np.int16)


def look_up(x: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the interpolated values as int64, for int64 `x` from -32768 to 32767."""
    index = 256 + (x >> 7)
    left, right = values[index].astype(np.int64), values[index + 1].astype(np.int64)
    return left + (((right - left) * (x & 127) + 64) >> 7)
