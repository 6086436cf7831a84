"""What convolutions and dense layers have in common: weights, biases and the way back to int8."""

import numpy as np

from runtime_sim.fixed_point import activation_range, multiply_by_quantized_multiplier, quantize_multipliers, wrap_int32
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


def bias(node: Node, position: int, channels: int, wide: bool) -> np.ndarray:
    """The bias as int64 [channels], zeros where there is none. int32; with `wide` (int16 activations) also int64."""
    if not node.has(position):
        return np.zeros(channels, np.int64)
    values = node.constant(position, (np.int32, np.int64) if wide else (np.int32,))
    if values.size != channels:
        node.fail(f"the bias has {values.size} values for {channels} output channels")
    return values.reshape(-1).astype(np.int64)


def channel_factors(node: Node, source: Tensor, kernel: Tensor, target: Tensor, channels: int) -> np.ndarray:
    """double(s_in) * double(s_w[c]) / double(s_out) for every output channel."""
    factors = np.float64(source.scale) * kernel.scales.astype(np.float64) / np.float64(target.scale)
    return np.broadcast_to(factors, (channels,))


def output_stage(node: Node, target: Tensor, factors: np.ndarray, activation: str | None = None):
    """The function from accumulators [..., channels] (int64) to values of `target`: rescale, shift, clamp.

    `activation` is the operator's option where it is None. int16 results are scaled with 16-bit multipliers from 64-bit accumulators, int8 with 32-bit ones.
    """
    activation = node.option("activation") if activation is None else activation
    low, high = activation_range(activation, target.scale, target.zero_point, target.dtype)
    q, s = quantize_multipliers(factors)
    if np.any(s > 30):
        node.fail(f"the scale of {target.label} is too small for its inputs")
    rescale = _rescale_int64 if target.dtype == np.int16 else multiply_by_quantized_multiplier
    narrow = (lambda x: x) if target.dtype == np.int16 else wrap_int32

    def finish(accumulators: np.ndarray) -> np.ndarray:
        values = rescale(narrow(accumulators), q, s) + target.zero_point
        return np.clip(values, low, high).astype(target.dtype)

    return finish


def _rescale_int64(x: np.ndarray, q: np.ndarray, s: np.ndarray) -> np.ndarray:
    """The int64 form of MultiplyByQuantizedMultiplier: a 15-bit multiplier, one rounding."""
    reduced = np.where(q < 0x7FFF0000, (q + (1 << 15)) >> 16, 0x7FFF)
    shift = 15 - s
    return (x * reduced + (np.int64(1) << (shift - 1))) >> shift


def exact_float(rows: np.ndarray, limit: int) -> type | None:
    """The float type in which BLAS sums `rows` [terms, channels] of weights times inputs up to `limit` exactly.

    Sums of integers are exact in any order while no partial sum can pass the mantissa.
    """
    return np.float32 if int(np.abs(rows.astype(np.int64)).sum(0).max()) * limit <= 1 << 24 else np.float64


def input_limit(source: Tensor) -> int:
    """The greatest magnitude of a value of `source` less its zero point."""
    limits = np.iinfo(source.dtype)
    return max(limits.max - source.zero_point, source.zero_point - limits.min)
