"""The fixed-point arithmetic of TensorFlow Lite's reference kernels, applied to whole arrays.

A real factor is represented as q / 2^31 * 2^s, with an int32 multiplier q in [2^30, 2^31) and a shift s.
Source: gemmlowp/fixedpoint/fixedpoint.h and tensorflow/lite/kernels/internal/quantization_util.cc.
"""

import numpy as np
import numpy.typing as npt

# Scalars or arrays that broadcast against each other.
Real = float | np.floating
Integers = np.ndarray | np.integer | int

_HALF = 1 << 30


def srdhm(a: Integers, b: Integers) -> np.ndarray:
    """SaturatingRoundingDoublingHighMul: round(a * b / 2^31), rounding half up. Takes int32 values and returns int64.

    Saturation never occurs, because it requires both operands to be -2^31, and a multiplier is never -2^31.
    """
    return (np.asarray(a, np.int64) * b + _HALF) >> 31


def rdbpot(x: np.ndarray, exponent: Integers) -> np.ndarray:
    """RoundingDivideByPOT: x / 2^exponent, rounding half away from zero.

    `x` is int64. `exponent` is a number or an array, 0 to 31.
    """
    exponent = np.asarray(exponent, np.int64)
    half = np.where(exponent > 0, np.int64(1) << np.maximum(exponent - 1, 0), 0)
    return (x + half - ((x < 0) & (exponent > 0))) >> exponent


def quantize_multiplier(factor: Real) -> tuple[int, int]:
    """Return (q, s) for a real factor: the nearest multiplier, rounding half away from zero.

    The multiplier and the shift are 0 if the shift would be below -31.
    """
    q, s = quantize_multipliers(factor)
    return int(q), int(s)


def quantize_multipliers(factors: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Apply `quantize_multiplier` to each factor and return two int64 arrays."""
    mantissas, shifts = np.frexp(np.asarray(factors, np.float64))
    q, s = round_half_away(mantissas * 2.0**31).astype(np.int64), shifts.astype(np.int64)
    carry = np.abs(q) == 1 << 31
    q, s = np.where(carry, q >> 1, q), s + carry
    return np.where(s < -31, 0, q), np.where(s < -31, 0, s)


def multiply_by_quantized_multiplier(x: Integers, q: Integers, s: Integers) -> np.ndarray:
    """MultiplyByQuantizedMultiplier: x * q / 2^31 * 2^s for int32 values, rounded twice. Returns int64.

    `q` and `s` are numbers or arrays that broadcast against `x` (per-channel values along the last axis).
    The left shift wraps at 32 bits, as it does in C.
    """
    s = np.asarray(s, np.int64)
    x = np.asarray(x, np.int64)
    if np.any(s > 0):
        x = wrap_int32(x << np.maximum(s, 0))
    return rdbpot(srdhm(x, q), np.maximum(-s, 0))


def wrap_int32(x: np.ndarray) -> np.ndarray:
    """Wrap int64 values to the range of int32."""
    return x.astype(np.int32).astype(np.int64)


def round_half_away(x: npt.ArrayLike) -> np.ndarray:
    """std::round: round floats to the nearest integer, half away from zero, and return floats."""
    x = np.asarray(x)
    whole = np.trunc(x)
    return whole + np.sign(x) * (np.abs(x - whole) >= 0.5)


def activation_range(activation: str, scale: np.float32, zero_point: int, dtype: npt.DTypeLike) -> tuple[int, int]:
    """Return the output range of a fused activation. A bound v becomes z + round(float32(v) / float32(scale))."""
    limits = np.iinfo(np.dtype(dtype))
    low, high = {"NONE": (None, None), "RELU": (0, None), "RELU6": (0, 6), "RELU_N1_TO_1": (-1, 1)}[activation]

    def bound(value: int | None, otherwise: int) -> int:
        return otherwise if value is None else zero_point + int(round_half_away(np.float32(value) / np.float32(scale)))

    return max(limits.min, bound(low, limits.min)), min(limits.max, bound(high, limits.max))
