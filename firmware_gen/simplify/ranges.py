"""Compute bounds for every value in a graph, over all inputs: one range per channel (index of the last axis).

The bounds are valid but not always tight. A channel whose bounds are equal has the same value for every input and at
every position. Bounds come from the simulator's own kernels, applied to the ends of the operands' ranges, so there is
no second implementation of the arithmetic:

- copies and reductions to an extreme are monotonic in every operand
- a mean or an extreme under a window lies between the ends of the range, also after rounding
- sums, products and extremes of two operands have their extremes at the corners of the ranges
- functions of one int8 value are evaluated for all 256 values
- any other operator that keeps channels apart maps known values to known values
"""

from itertools import product
from typing import NamedTuple

import numpy as np

from ticktalk.firmware_gen.simplify.layer import LAYERS, Layer
from ticktalk.runtime_sim import ops
from ticktalk.runtime_sim.arithmetic.fixed_point import activation_range
from ticktalk.runtime_sim.graphs.graph import Graph, Operator, Tensor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node

_MONOTONIC = (
    "PAD", "RESHAPE", "SQUEEZE", "EXPAND_DIMS", "TRANSPOSE", "CONCATENATION",
    "STRIDED_SLICE", "SLICE", "SPLIT", "SPLIT_V", "PACK", "UNPACK", "GATHER", "RESIZE_NEAREST_NEIGHBOR", "REVERSE_V2",
    "DEPTH_TO_SPACE", "SPACE_TO_DEPTH", "MIRROR_PAD", "REDUCE_MAX", "REDUCE_MIN",
)  # fmt: skip
_PAIRS = ("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM")
_TABLES = ("RELU", "RELU6", "LEAKY_RELU", "LOGISTIC", "TANH", "HARD_SWISH", "ELU", "ABS", "QUANTIZE")
_POOLS = ("AVERAGE_POOL_2D", "MAX_POOL_2D")
_APART = ("MEAN", "SUM")


class Range(NamedTuple):
    """The minimum and the maximum value of each channel, as int64 [C]."""

    low: np.ndarray
    high: np.ndarray

    @property
    def fixed(self) -> np.ndarray:
        """bool [C]: whether each channel has the same value for every input and at every position."""
        return self.low == self.high


def ranges(graph: Graph) -> dict[int, Range]:
    """Return the range of each int8 or int16 tensor of `graph`."""
    found = {tensor.index: _range_of(tensor) for tensor in graph.tensors if tensor.dtype in ACTIVATIONS}
    for operator in graph.operators:
        targets = [graph.tensors[index] for index in operator.outputs]
        known = {index: found[index] for index in operator.inputs if index in found}
        if targets[0].dtype in ACTIVATIONS and not graph.variables.keys() & {*operator.inputs, *operator.outputs}:
            results = _results(operator, graph, known)
            found.update({target.index: one for target, one in zip(targets, results)})
    return found


def _range_of(tensor: Tensor) -> Range:
    """Return the range of a constant, or of a tensor about which nothing is known."""
    if tensor.data is not None:
        return _over_positions(tensor.data, tensor.data)
    limits, channels = np.iinfo(tensor.dtype), tensor.shape[-1] if tensor.shape else 1
    return Range(np.full(channels, limits.min, np.int64), np.full(channels, limits.max, np.int64))


def _over_positions(low: np.ndarray, high: np.ndarray) -> Range:
    """Return the range of each channel over all positions."""
    ends = [each.astype(np.int64).reshape(-1, each.shape[-1] if each.ndim else 1) for each in (low, high)]
    return Range(np.minimum(*ends).min(0), np.maximum(*ends).max(0))


def _results(operator: Operator, graph: Graph, known: dict[int, Range]) -> list[Range]:
    """Return the ranges of the outputs, or an empty list if they are not known."""
    name, node = operator.name, Node(operator, graph)
    source = graph.tensors[operator.inputs[0]]
    if name in LAYERS:
        layer = Layer.of(operator, graph)
        return [Range(*layer.results(*bounds(layer, known[source.index])))] if layer else []
    if name in _POOLS:
        ends = activation_range(node.option("activation"), source.scale, source.zero_point, source.dtype)
        return [Range(*(values.clip(*ends) for values in known[source.index]))]
    if name in _PAIRS:
        return _corners(node, [known[index] for index in operator.inputs])
    if name in _TABLES:
        return _table(node, known[source.index]) if source.dtype == np.int8 else []
    if name in _MONOTONIC or (name in _APART and _all_fixed(known, operator, graph)):
        return _at_the_ends(node, known)
    return []


def bounds(layer: Layer, source: Range) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds of a layer's accumulators for an input with the range `source`."""
    zero = layer.node.input(0, ACTIVATIONS).zero_point
    return layer.accumulators(source.low - zero, source.high - zero)


def _corners(node: Node, operands: list[Range]) -> list[Range]:
    """Return the range of a function of two operands that has its extremes at the corners.

    ADD, SUB, MAXIMUM and MINIMUM are monotonic in each operand. A product has its extremes at the corners, and
    rescaling it is monotonic unless the left shift wraps.
    """
    kernel, graph = ops.prepare(node), node.graph
    first, second, target = (graph.tensors[index] for index in (*node.operator.inputs, *node.operator.outputs))
    if node.operator.name == "MUL":
        factor = float(first.scale) * float(second.scale) / float(target.scale)
        reach = float(np.iinfo(first.dtype).max - np.iinfo(first.dtype).min)
        if reach**2 * max(2.0 * factor, 1.0) >= 1 << 31:
            return []
    pairs = [kernel(a.astype(first.dtype), b.astype(second.dtype)) for a, b in product(*operands)]
    return [_over_positions(np.minimum.reduce(pairs), np.maximum.reduce(pairs))]


def _table(node: Node, source: Range) -> list[Range]:
    """Return the range of a function of one int8 value, computed for all 256 values."""
    table = np.asarray(ops.prepare(node)(np.arange(-128, 128, dtype=np.int8)), np.int64)
    pieces = [table[low + 128 : high + 129] for low, high in zip(*source)]
    return [Range(*(np.array([end(piece) for piece in pieces]) for end in (np.min, np.max)))]


def _at_the_ends(node: Node, known: dict[int, Range]) -> list[Range]:
    """Return the ranges of the outputs of an operator that is monotonic in every operand."""
    kernel, ends = ops.prepare(node), []
    for end in (0, 1):
        operands = []
        for index in node.operator.inputs:
            tensor = node.graph.tensors[index]
            values = tensor.data if tensor.data is not None else known[index][end].astype(tensor.dtype)
            operands.append(np.ascontiguousarray(np.broadcast_to(values, tensor.shape)))
        results = kernel(*operands)
        ends.append(results if isinstance(results, list) else [results])
    return [_over_positions(low, high) for low, high in zip(*ends)]


def _all_fixed(known: dict[int, Range], operator: Operator, graph: Graph) -> bool:
    """Return whether each value of the first operand is known."""
    return bool(known[operator.inputs[0]].fixed.all())
