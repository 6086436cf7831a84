"""Find the channels (indices of the last axis) that affect the results of a graph.

A channel is needed if it belongs to an input, an output or a variable of the graph, or if a needed result depends on
it. A layer does not depend on a channel in two cases, both of which are exact:

- the layer's weights for that channel are all 0
- the channel always has the same value, and the products are added to the bias. If the layer has padding, that value
  must be the zero point, because otherwise the sum would be smaller at the border.

A needed output that always has the same value depends on no input, so its weights become 0.
"""

from dataclasses import dataclass

import numpy as np

from ticktalk.firmware_gen.simplify.layer import LAYERS, Layer
from ticktalk.firmware_gen.simplify.ranges import Range
from ticktalk.runtime_sim.graphs.graph import Graph, Operator
from ticktalk.runtime_sim.graphs.node import Node

Masks = dict[int, np.ndarray]  # bool [C] for each tensor that is computed at run time

ELEMENTWISE = (
    "ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "PRELU", "RELU", "RELU6", "LEAKY_RELU",
    "LOGISTIC", "TANH", "HARD_SWISH", "ELU", "ABS", "QUANTIZE",
)  # fmt: skip
_RESHAPED = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
_POOLED = ("AVERAGE_POOL_2D", "MAX_POOL_2D", "RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR")
_REDUCED = ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN")


@dataclass(frozen=True, eq=False)
class Channels:
    """The state of the search: the channels needed so far, and the known range of each tensor."""

    graph: Graph
    known: dict[int, Range]
    layers: dict[int, Layer]
    masks: Masks


def needed(graph: Graph, known: dict[int, Range], multiple: int) -> Masks:
    """Return the needed channels of every computed tensor.

    If some channels of a tensor are not needed, enough of them are kept to make their number a multiple of `multiple`,
    because kernels compute several channels together.
    """
    computed = {*graph.inputs, *graph.producers, *graph.variables}
    ends = {*graph.inputs, *graph.outputs, *graph.variables}
    masks = {index: np.full(_count(graph, index), index in ends) for index in computed}
    found = {operator.index: Layer.of(operator, graph) for operator in graph.operators if operator.name in LAYERS}
    state = Channels(graph, known, {index: layer for index, layer in found.items() if layer}, masks)
    while _spread(state) or _fill(state, multiple):
        pass
    return masks


def _count(graph: Graph, index: int) -> int:
    shape = graph.tensors[index].shape
    return shape[-1] if shape else 1


def _spread(state: Channels) -> bool:
    """Add the channels on which needed ones depend, and return whether there were any."""
    before = sum(int(mask.sum()) for mask in state.masks.values())
    for operator in reversed(state.graph.operators):
        if any(state.masks[index].any() for index in operator.outputs):
            layer = state.layers.get(operator.index)
            if layer and operator.name == "DEPTHWISE_CONV_2D":
                _depthwise(state, operator)
            elif layer and len(layer.sources) == 1:
                _dense(state, operator, layer)
            elif len(operator.outputs) != 1 or not _apart(state, operator):
                for index in {*operator.inputs, *operator.outputs} & state.masks.keys():
                    state.masks[index][:] = True
    return sum(int(mask.sum()) for mask in state.masks.values()) > before


def _dense(state: Channels, operator: Operator, layer: Layer) -> None:
    """Mark the input channels with nonzero weights as needed, unless their products can be added to the bias. A layer
    has at least one input."""
    source, outputs = state.masks[operator.inputs[0]], state.masks[operator.outputs[0]]
    used = layer.rows[outputs & ~fixed(state.known, operator.outputs[0])].any((0, 1))
    source[np.unique(layer.sources[0][used & ~foldable(layer, state.known)])] = True
    if not source.any():
        source[0] = True


def foldable(layer: Layer, known: dict[int, Range]) -> np.ndarray:
    """Return bool [K]: whether the products of each term of a layer always have the same sum."""
    source = layer.node.input(0, (np.int8, np.int16))
    same = fixed(known, source.index)
    if layer.padded:
        same = same & (known[source.index].low == source.zero_point)
    return same[layer.sources[0]]


def fixed(known: dict[int, Range], index: int) -> np.ndarray:
    """Return bool [C]: whether each channel of a tensor always has the same value. If nothing is known, return bool
    [1]."""
    return known[index].fixed if index in known else np.zeros(1, bool)


def _depthwise(state: Channels, operator: Operator) -> None:
    """Mark the input channel of each needed group of outputs as needed. Each input channel has its own group of
    outputs."""
    source, outputs = state.masks[operator.inputs[0]], state.masks[operator.outputs[0]]
    source |= outputs.reshape(len(source), -1).any(1)
    if len(source) > 1:
        outputs |= np.repeat(source, len(outputs) // len(source))


def _apart(state: Channels, operator: Operator) -> bool:
    """If `operator` keeps channels apart, mark the same channels of the operands and the result as needed. Return
    whether it does."""
    if not keeps_apart(operator, state.graph):
        return False
    result = state.masks[operator.outputs[0]]
    operands = [state.masks[index] for index in operator.inputs if index in state.masks]
    for mask in operands:
        if len(mask) == 1 < len(result) and operator.name not in _RESHAPED:  # broadcast
            mask[:] = True
            continue
        mask |= result.reshape(-1, len(mask)).any(0)
        result |= np.tile(mask, len(result) // len(mask))
    return True


def keeps_apart(operator: Operator, graph: Graph) -> bool:
    """Return whether each channel of the result depends only on the same channel of the operands.

    The result must not change if other channels are removed.
    """
    node, name = Node(operator, graph), operator.name
    source, target = graph.tensors[operator.inputs[0]], graph.tensors[operator.outputs[0]]
    if not source.shape or not target.shape:
        return False
    if name in _RESHAPED:
        return target.shape[-1] % source.shape[-1] == 0 and source.data is None
    if name == "PAD":
        return not any(node.integers(1)[-2:])
    if name in _REDUCED:
        axes = {axis % len(source.shape) for axis in node.integers(1)}
        return len(source.shape) - 1 not in axes
    return name in ELEMENTWISE or name in _POOLED


def _fill(state: Channels, multiple: int) -> bool:
    """Keep more channels of tensors that lose some, starting with channels whose values are known. Return whether any
    were added."""
    added = False
    for index, mask in state.masks.items():
        count = int(mask.sum())
        missing = min(-count % multiple, len(mask) - count)
        if missing and index in state.graph.producers:
            order = np.argsort(~(fixed(state.known, index) & ~mask), kind="stable")
            mask[[channel for channel in order if not mask[channel]][:missing]] = True
            added = True
    return added
