"""What convolutions and dense layers have in common: weights, biases and the way back to int8."""

import numpy as np

from runtime_sim.fixed_point import activation_range
from runtime_sim.graph import Tensor
from runtime_sim.node import Node


def weights(node: Node, dimension: int, channels: int) -> Tensor:
    """The constant int8 weights (operand 1), quantised symmetrically, per tensor or along `dimension`."""
    tensor = node.input(1)
    node.constant(1, (np.int8,))
    if np.any(tensor.zero_points):
        node.fail(f"{tensor.label} must have zero points 0")
    if tensor.scales.size not in (1, channels) or (tensor.scales.size > 1 and tensor.quantised_dimension != dimension):
        node.fail(f"{tensor.label} must have one scale, or one for each output channel")
    return tensor


def accumulator(node: Node, source: Tensor, terms: int) -> type:
    """What sums of `terms` products are kept in: int32 for int8 activations, int64 for int16 ones."""
    if source.dtype == np.int16:
        return np.int64
    if terms * 255 * 128 >= 1 << 31:
        node.fail(f"sums of {terms} products do not fit into 32 bits")
    return np.int32


def bias(node: Node, position: int, channels: int, accumulator: type) -> np.ndarray:
    """The bias as `accumulator` [channels], zeros where there is none; int64 ones only beside int16 activations."""
    if not node.has(position):
        return np.zeros(channels, accumulator)
    values = node.constant(position, (np.int32, accumulator))
    if values.size != channels:
        node.fail(f"the bias has {values.size} values for {channels} output channels")
    return values.reshape(-1).astype(accumulator)


def channel_factors(node: Node, source: Tensor, kernel: Tensor, target: Tensor, channels: int) -> np.ndarray:
    """double(s_in) * double(s_w[c]) / double(s_out) for every output channel."""
    factors = np.float64(source.scale) * kernel.scales.astype(np.float64) / np.float64(target.scale)
    return np.broadcast_to(factors, (channels,))


def output_stage(node: Node, target: Tensor, factors: np.ndarray, activation: str | None = None):
    """The function from accumulators [..., channels] to values of `target`: rescale, shift, clamp.

    `activation` is the operator's option where it is None. int8 results come from int32 accumulators with 31-bit
    multipliers, int16 ones from int64 accumulators with 15-bit multipliers.
    """
    activation = node.option("activation") if activation is None else activation
    low, high = activation_range(activation, target.scale, target.zero_point, target.dtype)
    most = 7 if target.dtype == np.int16 else 30
    pairs = np.array([node.multiplier(factor, most) for factor in factors.tolist()], np.int64)
    q, s = pairs[:, 0], pairs[:, 1]
    rescale = _rescaling_int16(q, s) if target.dtype == np.int16 else _rescaling_int8(q, s)

    def finish(sums: np.ndarray) -> np.ndarray:
        values = rescale(sums)
        values += target.zero_point
        return np.clip(values, low, high, out=values).astype(target.dtype)

    return finish


def _rescaling_int8(q: np.ndarray, s: np.ndarray):
    """fixed_point.multiply_by_quantized_multiplier for these multipliers, written in place: it is most of the work."""
    left, right = np.maximum(s, 0).astype(np.int32), np.maximum(-s, 0)
    half = np.where(right > 0, np.int64(1) << np.maximum(right - 1, 0), 0)
    # All ones where a right shift rounds: there negative values lose 1 first, so that halves go away from zero.
    rounds = np.where(right > 0, np.int64(-1), 0)
    shifts_left = bool(np.any(left))

    def rescale(sums: np.ndarray) -> np.ndarray:
        values = np.multiply(sums << left if shifts_left else sums, q, dtype=np.int64)
        values += 1 << 30
        values >>= 31
        sign = values >> 63
        sign &= rounds
        values += sign
        values += half
        values >>= right
        return values

    return rescale


def _rescaling_int16(q: np.ndarray, s: np.ndarray):
    """The int64 form of MultiplyByQuantizedMultiplier: a 15-bit multiplier, one rounding."""
    reduced = np.where(q < 0x7FFF0000, (q + (1 << 15)) >> 16, 0x7FFF)
    shift = 15 - s
    return lambda sums: (sums * reduced + (np.int64(1) << (shift - 1))) >> shift


def exact_float(rows: np.ndarray, limit: int) -> type:
    """The float type in which BLAS sums `rows` [terms, channels] of weights times inputs up to `limit` exactly.

    Sums of integers are exact in any order while no partial sum can pass the mantissa.
    """
    return np.float32 if int(np.abs(rows.astype(np.int64)).sum(0).max()) * limit <= 1 << 24 else np.float64


def input_limit(source: Tensor) -> int:
    """The greatest magnitude of a value of `source` less its zero point."""
    limits = np.iinfo(source.dtype)
    return max(limits.max - source.zero_point, source.zero_point - limits.min)
