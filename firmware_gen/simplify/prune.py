"""Rewrite a graph so that it computes only the needed channels. See channels.py for why this is exact."""

from dataclasses import replace

import numpy as np

from ticktalk.firmware_gen.simplify.channels import ELEMENTWISE, Masks, fixed, needed
from ticktalk.firmware_gen.simplify.layer import LAYERS, Layer
from ticktalk.firmware_gen.simplify.ranges import Range, bounds
from ticktalk.runtime_sim.graphs.graph import Graph, Operator, Tensor


def pruned(graph: Graph, known: dict[int, Range], multiple: int) -> tuple[Graph, dict[int, np.ndarray]]:
    """Return `graph` without the channels and operators that are not needed, and the channels that remain.

    For each tensor with fewer channels, the remaining ones are an array int [n]. `known` holds the ranges of ranges.py.
    `multiple` is described in channels.needed.
    """
    masks = needed(graph, known, multiple)
    kept = {index: np.flatnonzero(mask) for index, mask in masks.items() if mask.any() and not mask.all()}
    pruner = _Pruner(graph, known, masks)
    live = [operator for operator in graph.operators if any(masks[index].any() for index in operator.outputs)]
    operators = tuple(pruner.operator(operator) for operator in live)
    for index, channels in kept.items():
        tensor = pruner.tensors[index]
        pruner.tensors[index] = replace(tensor, shape=(*tensor.shape[:-1], len(channels)))
    return replace(graph, tensors=tuple(pruner.tensors), operators=operators), kept


class _Pruner:
    """Rewrites single operators. `tensors` holds the tensors of the graph and new constants."""

    def __init__(self, graph: Graph, known: dict[int, Range], masks: Masks):
        self._graph, self._known, self._masks = graph, known, masks
        self.tensors = list(graph.tensors)

    def operator(self, operator: Operator) -> Operator:
        """Return `operator` for the remaining channels, or `operator` itself if nothing changes."""
        changed = any(not self._masks[i].all() for i in (*operator.inputs, *operator.outputs) if i in self._masks)
        if operator.name in LAYERS and (layer := Layer.of(operator, self._graph)):
            still = fixed(self._known, operator.outputs[0]) & layer.rows.any((1, 2))
            return self._layer(operator, layer) if changed or np.any(still) else operator
        if changed and operator.name in ELEMENTWISE:
            return replace(
                operator, inputs=tuple(self._operand(index, operator.outputs[0]) for index in operator.inputs)
            )
        return operator

    def _operand(self, index: int, result: int) -> int:
        """Return an operand of an element-wise operator. If the operand is a constant with one value per channel,
        return the remaining part."""
        tensor, mask = self._graph.tensors[index], self._masks[result]
        if tensor.data is None or tensor.shape[-1:] != mask.shape or mask.all():
            return index
        return self._constant(tensor, tensor.data[..., mask])

    def _layer(self, operator: Operator, layer: Layer) -> Operator:
        """Return a layer without the products of channels that are removed; their sums are added to the bias.

        If an output always has the same value, its weights become 0, and its bias becomes one of the output's
        accumulators.
        """
        source, result = operator.inputs[0], operator.outputs[0]
        kernel, outputs = self._graph.tensors[operator.inputs[1]], self._masks[result]
        same = np.broadcast_to(fixed(self._known, result), outputs.shape)
        zero = self._graph.tensors[source].zero_point
        rows, options, offsets = layer.rows * ~same[:, None, None], operator.options, layer.bias
        if operator.name == "DEPTHWISE_CONV_2D":
            weights = rows.reshape(len(rows), *kernel.shape[1:3])[outputs].transpose(1, 2, 0)[None]
            options = options | {"depth_multiplier": int(outputs.sum() // self._masks[source].sum())}
        elif len(layer.sources) == 1:
            terms = self._masks[source][layer.sources[0]]
            values = self._known[source].low[layer.sources[0]] - zero
            offsets = offsets + (rows.sum(1) * values)[:, ~terms].sum(1)
            weights = rows[outputs][..., terms].reshape(outputs.sum(), *kernel.shape[1:-1], terms.sum())
        else:
            weights = rows.reshape(kernel.shape)
        offsets = np.where(same, bounds(layer, self._known[source])[0], offsets)[outputs]
        wide = self._graph.tensors[source].dtype == np.int16
        bias = self._bias(operator, offsets.astype(np.int64 if wide else np.int32), result)
        inputs = (source, self._constant(kernel, weights.astype(np.int8), outputs), bias, *operator.inputs[3:])
        return replace(operator, inputs=inputs, options=options)

    def _bias(self, operator: Operator, values: np.ndarray, result: int) -> int:
        """Add a bias and return its index."""
        index = operator.inputs[2] if len(operator.inputs) > 2 else -1
        tensor = self._graph.tensors[index if index >= 0 else result]
        nothing = np.empty(0, np.float32), np.empty(0, np.int32)
        return self._constant(replace(tensor, scales=nothing[0], zero_points=nothing[1], dtype=values.dtype), values)

    def _constant(self, tensor: Tensor, values: np.ndarray, outputs: np.ndarray | None = None) -> int:
        """Add a constant like `tensor` and return its index. `outputs` selects the scales, if there are several."""
        values = np.ascontiguousarray(values)
        values.flags.writeable = False
        if outputs is not None and tensor.scales.size > 1:
            tensor = replace(tensor, scales=tensor.scales[outputs], zero_points=tensor.zero_points[outputs])
        self.tensors.append(replace(tensor, index=len(self.tensors), shape=values.shape, data=values))
        return len(self.tensors) - 1
