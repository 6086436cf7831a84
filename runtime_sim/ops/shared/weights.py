"""Weights, biases and accumulator bounds of convolutions and dense layers."""

import numpy as np

from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import Node


def weights(node: Node, channels: int) -> Tensor:
    """Return the constant int8 weights (operand 1), with symmetric quantisation per tensor or per output channel.

    As in TFLite Micro, several scales always apply to the output channels, even if the file states another dimension of
    the same size.
    """
    tensor = node.input(1)
    node.constant(1, (np.int8,))
    if np.any(tensor.zero_points):
        node.fail(f"{tensor.label} must have a zero point of 0")
    if tensor.scales.size not in (1, channels):
        node.fail(f"{tensor.label} must have one scale, or one per output channel")
    return tensor


def accumulator(node: Node, source: Tensor, depth: int, kernel: Tensor | None = None) -> type:
    """Return the accumulator type for `depth` products: int32 for int8 activations, int64 for int16 activations.

    For long sums, the weights `kernel` [channels, ...] decide whether int32 suffices; half of it is for the bias.
    """
    if source.dtype == np.int16:
        return np.int64
    if depth * 255 * 128 >= 1 << 31:
        rows = None if kernel is None else np.abs(kernel.constant.reshape(-1, depth).astype(np.int32))
        if rows is None or rows.sum(1, dtype=np.int64).max() * 256 >= 1 << 30:
            node.fail(f"sums of {depth} products can overflow 32 bits")
    return np.int32


def bias(node: Node, position: int, channels: int, accumulator: type) -> np.ndarray:
    """Return the bias as `accumulator` [channels], or zeros if absent. An int64 bias requires int16 activations."""
    if not node.has(position):
        return np.zeros(channels, accumulator)
    values = node.constant(position, (np.int32, accumulator))
    if values.size != channels:
        node.fail(f"the bias has {values.size} values, but there are {channels} output channels")
    return values.reshape(-1).astype(accumulator)


def channel_factors(node: Node, source: Tensor, kernel: Tensor, target: Tensor, channels: int) -> np.ndarray:
    """Return double(s_in) * double(s_w[c]) / double(s_out) for each output channel."""
    factors = np.float64(source.scale) * kernel.scales.astype(np.float64) / np.float64(target.scale)
    return np.broadcast_to(factors, (channels,))


def reach(rows: np.ndarray, source: Tensor) -> np.ndarray:
    """Return the maximum magnitude of the accumulators as int64 [channels].

    The accumulators are sums of `rows` [depth, channels] times `source` minus its zero point. Partial sums have the
    same bound.
    """
    limits = np.iinfo(source.dtype)
    up, down = limits.max - source.zero_point, source.zero_point - limits.min
    above = np.maximum(rows, 0).sum(0, dtype=np.int64)
    below = above - rows.sum(0, dtype=np.int64)
    return np.maximum(above * up + below * down, above * down + below * up)


def input_limit(source: Tensor) -> int:
    """Return the maximum magnitude of `source` minus its zero point."""
    limits = np.iinfo(source.dtype)
    return max(limits.max - source.zero_point, source.zero_point - limits.min)
