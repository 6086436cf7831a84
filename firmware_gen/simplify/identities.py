"""Remove operators that return their operand unchanged: clamps without effect, sums with 0, and products with 1.

Each operator is run on every value that its operand can have, so the decision is exact for any arithmetic. The operand
and the result must have the same quantisation, because the quantisation determines how readers interpret the values.
"""

import numpy as np

from ticktalk.firmware_gen.simplify.channels import ELEMENTWISE
from ticktalk.firmware_gen.simplify.ranges import Range
from ticktalk.firmware_gen.simplify.rewiring import without
from ticktalk.runtime_sim import ops
from ticktalk.runtime_sim.graphs.graph import Graph, Operator
from ticktalk.runtime_sim.graphs.node import Node

_EVERY = np.arange(-128, 128, dtype=np.int8)[:, None]


def without_identities(graph: Graph, known: dict[int, Range]) -> Graph:
    """Return `graph` without element-wise operators that return their operand unchanged. `known` holds the ranges of
    ranges.py."""
    found = {}
    for operator in graph.operators:
        moving = [index for index in operator.inputs if index >= 0 and graph.tensors[index].data is None]
        if operator.name not in ELEMENTWISE or len(moving) != 1 or set(operator.outputs) & set(graph.outputs):
            continue
        if _same(operator, graph, moving[0], known.get(moving[0])):
            found[operator.outputs[0]] = moving[0]
    return without(graph, found)


def _same(operator: Operator, graph: Graph, index: int, known: Range | None) -> bool:
    """Return whether the result of `operator` always equals its only operand that is computed at run time."""
    source, target = graph.tensors[index], graph.tensors[operator.outputs[0]]
    if known is None or not source.dtype == target.dtype == np.int8 or source.shape != target.shape or not source.shape:
        return False
    if (source.scale, source.zero_point) != (target.scale, target.zero_point):
        return False
    channels, operands = source.shape[-1], []
    for each in (graph.tensors[i] for i in operator.inputs):
        if each.data is None:
            operands.append(np.broadcast_to(_EVERY, (256, channels)).copy())
        elif each.size in (1, channels) and each.size == (1, *each.shape)[-1]:
            operands.append(each.data.reshape(1, -1))
        else:
            return False
    possible = (known.low <= _EVERY) & (known.high >= _EVERY)
    return bool(np.all((ops.prepare(Node(operator, graph))(*operands) == _EVERY) | ~possible))
