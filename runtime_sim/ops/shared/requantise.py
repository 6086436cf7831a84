"""Requantise the accumulators of convolutions and dense layers to int8 or int16: rescale, offset, clamp."""

from collections.abc import Callable

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import activation_range, multiply_by_quantized_multiplier, wrap_int32
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import Node

# Maps accumulators to outputs, with or without the zero point. May overwrite its argument.
Rescale = Callable[[np.ndarray], np.ndarray]

# A rescaled value of this magnitude or more is always clamped.
_SATURATED = 256


class OutputStage:
    """Computes clamp(z + M(sum + bias)) for `target`, with one multiplier for each of the factors, float64 [channels]
    or [1].

    int8 outputs use int32 accumulators and 31-bit multipliers. int16 outputs use int64 accumulators and 15-bit
    multipliers. `bias` is an integer array [channels] or [1]. `activation` defaults to the operator's option of that
    name.
    """

    def __init__(
        self, node: Node, target: Tensor, factors: np.ndarray, bias: np.ndarray, activation: str | None = None
    ):
        """Prepare the multipliers. Raises `ModelError` if a factor is too large."""
        activation = node.option("activation") if activation is None else activation
        low, high = activation_range(activation, target.scale, target.zero_point, target.dtype)
        self.dtype, self.zero_point, self.low, self.high = target.dtype, target.zero_point, low, high
        self.q, self.s = node.multipliers(factors, 7 if target.dtype == np.int16 else 30)
        self.bias = bias

    def float_type(self, reach: np.ndarray) -> type:
        """Return a float type that represents all accumulators exactly, including the bias.

        `reach` is the maximum magnitude of the sums as int64 [channels]. Sums of integers are exact in any order,
        including the order used by BLAS, provided no partial sum exceeds the mantissa.
        """
        return np.float32 if self._most(reach) <= 1 << 24 else np.float64

    def finish(self, reach: np.ndarray) -> Rescale:
        """Return the function that maps accumulators to outputs.

        The accumulators are exact integers in a float array [..., channels], which the function overwrites. `reach`,
        int64 [channels] or [1], bounds the magnitude of a sum without the bias.
        """
        if self.dtype == np.int16:
            rescale = self._int16()
        elif self._floats_are_exact(reach):
            rescale = self._int8_in_floats(reach)
        else:
            rescale = self._int8

        low, high = self.low - self.zero_point, self.high - self.zero_point

        def function(sums: np.ndarray) -> np.ndarray:
            values = rescale(sums)
            values.clip(low, high, out=values)
            values += self.zero_point
            return values.astype(self.dtype)

        return function

    def _most(self, reach: np.ndarray) -> int:
        return int((reach + np.abs(self.bias.astype(np.int64))).max())

    def _floats_are_exact(self, reach: np.ndarray) -> bool:
        """Return whether `_int8_in_floats` gives the same results as `_int8`.

        Let m = q * 2^(s-31), r = max(-s, 0), u = 2^(s-32), and let x be an accumulator. By definition
        (fixed_point.py), M(x) is a = floor(x * q / 2^31 + 1/2), then a / 2^r rounded half away from zero. For s > 0,
        M(x) is floor(x * m + 1/2). With h = 1/2 + 2^(-r-1) for r > 0 and h = 1/2 otherwise, for every k > 0

            M(x) >= k   <=>  x * m + h >= k   <=>  x * m + u + h >= k
            M(x) <= -k  <=>  x * m - h < -k   <=>  x * m + u - h <= -k

        because x * m, h and k are multiples of 2 u. Hence M(x) is x * m + u + copysign(h, x * m + u), truncated.
        float64 computes this exactly if every term has at most 53 bits above u, that is, for r <= 20 and |x| <= 2^21 -
        2^r. Results for a greater |x| are also correct if |x| = 2^21 - 2^r already saturates, because rounded products
        and sums are still monotonic.
        """
        right = np.maximum(-self.s, 0)
        exact = (1 << 21) - (1 << np.minimum(right, 20))
        most = reach + np.abs(self.bias.astype(np.int64))
        saturates = exact * self._factor() >= _SATURATED
        fits = most << np.maximum(self.s, 0) < 1 << 30
        return bool(np.all((right <= 20) & fits & ((most <= exact) | saturates)))

    def _factor(self) -> np.ndarray:
        return self.q * 2.0 ** (self.s - 31)

    def _int8_in_floats(self, reach: np.ndarray) -> Rescale:
        factor, unit = self._factor(), 2.0 ** (self.s - 32)
        half = np.where(self.s < 0, 0.5 + 2.0 ** (self.s - 1), 0.5)
        whole = np.int16 if self._most(reach) * factor.max() < 1 << 14 else np.int32
        positive = self.low >= self.zero_point  # negative results are always clamped
        shift = unit + half if positive else unit
        bias: np.ndarray = self.bias.astype(self.float_type(reach))

        def rescale(sums: np.ndarray) -> np.ndarray:
            sums += bias
            values = np.multiply(sums, factor, dtype=np.float64)
            values += shift
            if not positive:
                values += np.copysign(half, values)
            return values.astype(whole)

        return rescale

    def _int8(self, sums: np.ndarray) -> np.ndarray:
        """Apply the definition. Adding the bias may wrap the accumulator."""
        return multiply_by_quantized_multiplier(wrap_int32(sums.astype(np.int64) + self.bias), self.q, self.s)

    def _int16(self) -> Rescale:
        """Apply the int64 variant of MultiplyByQuantizedMultiplier, which has a 15-bit multiplier and rounds once."""
        reduced = np.where(self.q < 0x7FFF0000, (self.q + (1 << 15)) >> 16, 0x7FFF)
        shift = 15 - self.s
        return lambda sums: ((sums.astype(np.int64) + self.bias) * reduced + (np.int64(1) << (shift - 1))) >> shift
