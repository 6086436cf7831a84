"""The way from an int32 accumulator to an int8 result, as the tables and constants that the C uses.

The arithmetic is TensorFlow Lite Micro's double rounding (MultiplyByQuantizedMultiplier, common.h):

    y = clamp(divide_pot(mul_high(acc, q), e) + z)          q in [2^30, 2^31), e = -shift

For a right shift by 1 to 22 of accumulators below 2^30 it is the same as

    y = clamp((mul_high(acc, q) + (2 z + 1) * 2^(e-1) + (acc >> 31)) >> (e-1) >> 1)

because then nothing overflows, adding z * 2^e before the shift adds z after it, and acc and mul_high(acc, q) have
the same sign except where the latter is 0, which the subtracted 1 does not change for e >= 1.
"""

from dataclasses import dataclass

import numpy as np

from runtime_sim.fixed_point import activation_range, quantize_multiplier
from runtime_sim.graph import Tensor
from runtime_sim.node import Node


@dataclass(frozen=True, eq=False)
class Requantisation:
    """`channels` int32 [O, 3]: bias, multiplier and shift of every output channel: where `fast`, e - 1 of the one-line
    form above, else TFLite's shift. `low` and `high` bound the result."""

    channels: np.ndarray
    fast: bool
    zero_point: int
    low: int
    high: int

    @property
    def context(self) -> dict:
        """What the templates need to know."""
        return {"fast": self.fast, "low": self.low, "high": self.high, "clamped": (self.low, self.high) != (-128, 127)}


def bias(node: Node, channels: int) -> np.ndarray:
    """The bias (operand 2) as int64 [channels], zeros where there is none."""
    if not node.has(2):
        return np.zeros(channels, np.int64)
    return node.constant(2, (np.int32,)).reshape(-1).astype(np.int64)


def channel_factors(source: Tensor, weights: Tensor, target: Tensor, channels: int) -> np.ndarray:
    """double(s_x) * double(s_w[o]) / double(s_y) for every output channel."""
    factors = np.float64(source.scale) * weights.scales.astype(np.float64) / np.float64(target.scale)
    return np.broadcast_to(factors, (channels,))


def requantisation(rows: np.ndarray, bias: np.ndarray, factors: np.ndarray, source: Tensor, target: Tensor, activation: str) -> Requantisation:
    """The tables of a layer whose accumulator is bias[o] + sum over k of (x[k] - z_x) * rows[o, k].

    `rows` int8 [O, K], `bias` int64 [O], `factors` float64 [O]. The C sums x * rows, so -z_x * sum rows is
    folded into the bias: where there is padding, the C reads z_x.
    """
    rows = rows.astype(np.int64)
    folded = bias - source.zero_point * rows.sum(1)
    reach = np.abs(folded) + 128 * np.abs(rows).sum(1)      # nothing on the way through the sum is greater
    multipliers, shifts = np.array([quantize_multiplier(float(factor)) for factor in factors]).T
    # A multiplier of 0 (a factor below 2^-32) comes with shift 0 and goes the general way.
    fast = bool(np.all((shifts <= -1) & (shifts >= -22)) and reach.max() < 1 << 30)
    wrapped = folded.astype(np.int32)                       # as accumulators wrap
    channels = np.stack([wrapped, multipliers, -shifts - 1 if fast else shifts], axis=1).astype(np.int32)
    low, high = activation_range(activation, target.scale, target.zero_point, target.dtype)
    return Requantisation(channels, fast, target.zero_point, low, high)
