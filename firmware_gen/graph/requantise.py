"""Compute the tables and constants that the C code uses to requantise int32 accumulators to int8 results.

The arithmetic is TensorFlow Lite Micro's double rounding (MultiplyByQuantizedMultiplier, common.h):

    y = clamp(divide_pot(mul_high(acc, q), e) + z)          q in [2^30, 2^31), e = -shift

For right shifts by 1 to 22 and accumulators below 2^30 in magnitude, this equals

    y = clamp((mul_high(acc, q) + (2 z + 1) * 2^(e-1) + (acc >> 31)) >> (e-1) >> 1)

because nothing overflows, and adding z * 2^e before the shift is the same as adding z after it. acc and
mul_high(acc, q) have the same sign unless mul_high(acc, q) is 0. In that case, subtracting 1 does not change the result
for e >= 1.

The parameters of the output channels are passed to shared/accumulate.c.j2 in one of four forms:

    layer       one multiplier and shift for all channels, passed as arguments; int32 bias[o]
    packed      only if `fast`: int32 channels[o][2], the multiplier and bias * 256 + (e - 1)
    wide        int32 channels[o][3]: bias, multiplier, and e - 1 if `fast`, else TFLite's shift
    single      only for DSP instructions: int32 channels[o][2], the multiplier and addend of single_rounding.py
"""

from dataclasses import dataclass, replace

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Argument, Constant
from ticktalk.firmware_gen.graph.single_rounding import SingleRounding, single_rounding
from ticktalk.runtime_sim.arithmetic.fixed_point import (
    activation_range,
    multiply_by_quantized_multiplier,
    quantize_multipliers,
)
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import Node

PACKED_BIAS = 1 << 23  # exclusive limit on the magnitude of a packed bias
_QUICK_REACH = 1 << 30  # exclusive limit on the magnitude of an accumulator in the one-line form


@dataclass(frozen=True, eq=False)
class Requantisation:
    """The parameters that convert a layer's accumulators to results.

    `rows` int8 [O, K] are the weights to use. `bias`, `multipliers` and `shifts` int32 [O] apply to the accumulators
    of these weights. As in TFLite, negative shifts are to the right. `fast` is true if the one-line form is exact for
    all channels. Results are clamped to `low` and `high`, inclusive.
    """

    rows: np.ndarray
    bias: np.ndarray
    multipliers: np.ndarray
    shifts: np.ndarray
    fast: bool
    zero_point: int
    low: int
    high: int
    single: SingleRounding | None = None

    def for_dsp(self) -> "Requantisation":
        """Return the parameters for kernels with DSP instructions, in the form `single` if possible."""
        if self.form != "packed":
            return self
        zero_point, low, high = self.zero_point, self.low, self.high
        form = single_rounding(self.rows, self.bias, self.multipliers, self.shifts, zero_point, low, high)
        return replace(self, single=form)

    @property
    def form(self) -> str:
        """The form of the parameters in C, as described in the module docstring."""
        if self.single:
            return "single"
        if np.all(self.multipliers == self.multipliers[0]) and np.all(self.shifts == self.shifts[0]):
            return "layer"
        return "packed" if self.fast and np.abs(self.bias.astype(np.int64)).max() < PACKED_BIAS else "wide"

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """The arguments for the parameters declared in shared/accumulate.c.j2."""
        shifts = -self.shifts - 1 if self.fast else self.shifts
        if self.form == "layer":
            shift = int(shifts[0])
            last = (2 * self.zero_point + 1) * 2**shift if self.fast else self.zero_point
            return Constant("bias", self.bias), int(self.multipliers[0]), shift, last
        if self.single:
            pair = np.stack((self.single.multipliers, self.single.addends), axis=1)
            return (Constant("channels", pair),)
        columns = (
            (self.multipliers, self.bias * 256 + shifts)
            if self.form == "packed"
            else (self.bias, self.multipliers, shifts)
        )
        return Constant("channels", np.stack(columns, axis=1).astype(np.int32)), self.zero_point

    @property
    def context(self) -> dict:
        """The context for the templates."""
        single = {"offset": self.single.offset, "shift": self.single.shift} if self.single else {}
        return {"form": self.form, "fast": self.fast, "low": self.low, "high": self.high, **single}

    @property
    def words(self) -> int:
        """The number of 32-bit words per output in the first argument."""
        return {"layer": 1, "packed": 2, "wide": 3, "single": 2}[self.form]


def bias(node: Node, channels: int, position: int = 2) -> np.ndarray:
    """Return the bias (the operand at `position`) as int64 [channels], or zeros if the operator has none."""
    if not node.has(position):
        return np.zeros(channels, np.int64)
    return node.constant(position, (np.int32, np.int64)).reshape(-1).astype(np.int64)


def channel_factors(source: Tensor, weights: Tensor, target: Tensor, channels: int) -> np.ndarray:
    """Return double(s_x) * double(s_w[o]) / double(s_y) for each output channel."""
    factors = np.float64(source.scale) * weights.scales.astype(np.float64) / np.float64(target.scale)
    return np.broadcast_to(factors, (channels,))


def requantisation(
    rows: np.ndarray,
    bias: np.ndarray,
    factors: np.ndarray,
    source: Tensor,
    target: Tensor,
    activation: str,
    centred: bool = False,
) -> Requantisation:
    """Return the requantisation of a layer whose accumulator is bias[o] + sum over k of (x[k] - z_x) * rows[o, k].

    `rows` is int8 [O, K], `bias` int64 [O] and `factors` float64 [O]. Unless `centred` is true, the C code accumulates
    x * rows without subtracting z_x. In this case, -z_x * sum(rows) is folded into the bias, and padding reads as z_x.

    Training leaves some channels with a tiny scale and a huge bias, which produce the same result for every input. If
    such a channel would force the whole layer into a longer form, its weights are replaced with zeros and its bias
    with one that produces the same result.
    """
    wide = rows.astype(np.int64)
    ends = np.array([-128, 127]) - source.zero_point
    least, most = (bias + side(ends[0] * wide, ends[1] * wide).sum(1) for side in (np.minimum, np.maximum))
    folded = bias if centred else bias - source.zero_point * wide.sum(1)
    # Upper bound on the magnitude of any partial sum.
    reach = np.abs(folded) + (np.abs(ends).max() if centred else 128) * np.abs(wide).sum(1)
    multipliers, shifts = quantize_multipliers(factors)
    low, high = activation_range(activation, target.scale, target.zero_point, target.dtype)
    # A multiplier of 0 (a factor below 2^-32) has shift 0 and uses the general form.
    quick = (shifts <= -1) & (shifts >= -22) & (reach < _QUICK_REACH)
    alike = np.all(multipliers == multipliers[0]) and np.all(shifts == shifts[0])
    if not (alike and quick.all()):
        results = [
            np.clip(multiply_by_quantized_multiplier(acc, multipliers, shifts) + target.zero_point, low, high)
            for acc in (least, most)
        ]
        fixed = (results[0] == results[1]) & (np.maximum(np.abs(least), np.abs(most)) < 1 << 31) & (shifts <= 0)
        fixed &= ~quick | (np.abs(folded) >= PACKED_BIAS)
        rows = np.where(fixed[:, None], np.int8(0), rows)
        folded = np.where(fixed, 4 * (results[0] - target.zero_point), folded)  # times 1/4, exactly
        multipliers, shifts = np.where(fixed, 1 << 30, multipliers), np.where(fixed, -1, shifts)
        quick |= fixed
    wrapped = folded.astype(np.int32)  # wraps like the accumulators
    return Requantisation(
        rows,
        wrapped,
        multipliers.astype(np.int32),
        shifts.astype(np.int32),
        bool(quick.all()),
        target.zero_point,
        low,
        high,
    )
