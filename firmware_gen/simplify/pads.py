"""Remove PAD operators whose readers can add the padding themselves. The readers must be PAD operators or layers.

- The paddings of two consecutive PAD operators add up, because both pad with the same zero point.
- A layer with SAME padding reads the zero point outside its input. The layer reads the same values if there are as many
windows as on the padded input, and they start at the same positions.
"""

from dataclasses import replace

import numpy as np

from ticktalk.runtime_sim.graphs.graph import Graph, Operator, Tensor
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import window

_WINDOWS = ("CONV_2D", "DEPTHWISE_CONV_2D")


def without_pads(graph: Graph) -> Graph:
    """Return `graph` after changing readers of padded tensors to add the padding themselves where possible.

    PAD operators without remaining readers are kept.
    """
    operators: list[Operator] = []
    tensors = list(graph.tensors)
    for operator in graph.operators:
        pad = _pad_before(operators, operator)
        if pad and operator.name == "PAD":
            edges = _edges(graph, pad, tensors) + _edges(graph, operator, tensors)
            tensors.append(_paddings(tensors[operator.inputs[1]], len(tensors), edges))
            operator = replace(operator, inputs=(pad.inputs[0], len(tensors) - 1))
        elif pad and operator.name in _WINDOWS and _is_same(graph, pad, operator, tensors):
            options = operator.options | {"padding": "SAME"}
            operator = replace(operator, inputs=(pad.inputs[0], *operator.inputs[1:]), options=options)
        operators.append(operator)
    return replace(graph, operators=tuple(operators), tensors=tuple(tensors))


def _pad_before(operators: list[Operator], operator: Operator) -> Operator | None:
    """Return the PAD operator that writes the first input of `operator`, if there is one."""
    writers = (each for each in operators if each.name == "PAD" and each.outputs[0] in operator.inputs[:1])
    return next(writers, None)


def _edges(graph: Graph, pad: Operator, tensors: list[Tensor]) -> np.ndarray:
    """Return the paddings of a PAD operator as int64 [rank, 2]."""
    return np.array(Node(pad, replace(graph, tensors=tuple(tensors))).integers(1)).reshape(-1, 2)


def _paddings(like: Tensor, index: int, edges: np.ndarray) -> Tensor:
    values = edges.astype(like.dtype).reshape(like.shape)
    values.flags.writeable = False
    return replace(like, index=index, data=values)


def _is_same(graph: Graph, pad: Operator, layer: Operator, tensors: list[Tensor]) -> bool:
    """Return whether `layer` with SAME padding computes the same result from the input of `pad`."""
    edges = _edges(graph, pad, tensors)
    if layer.options["padding"] != "VALID" or edges[0].any() or edges[3].any():
        return False
    source, kernel, target = (tensors[index] for index in (pad.inputs[0], layer.inputs[1], layer.outputs[0]))
    same = Node(replace(layer, options=layer.options | {"padding": "SAME"}), graph)
    axes = (window.axis(same, source.shape[i], kernel.shape[i], letter) for i, letter in ((1, "h"), (2, "w")))
    return all((axis.before, axis.out) == (edges[i][0], target.shape[i]) for i, axis in enumerate(axes, start=1))
