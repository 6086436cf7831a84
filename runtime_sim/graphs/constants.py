"""When a model is read, compute everything that does not depend on its inputs: shape arithmetic and filled tensors.

Converters emit such operators when they do not know the shape of a tensor. The shapes in the file are static, so SHAPE
and everything computed from it are constants.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs.graph import Graph, Operator, Tensor
from ticktalk.runtime_sim.graphs.node import QUANTISED, Node
from ticktalk.runtime_sim.ops.strided_slice import slices

Values = list[np.ndarray]

_COMPUTED: dict[str, Callable[[Node, Values, Tensor], Any]] = {
    "SHAPE": lambda node, values, target: np.array(node.graph.tensors[node.operator.inputs[0]].shape, target.dtype),
    "ZEROS_LIKE": lambda node, values, target: np.zeros(target.shape, target.dtype),
    "FILL": lambda node, values, target: np.broadcast_to(values[1].reshape(()), _same(values[0], target)),
    "BROADCAST_TO": lambda node, values, target: np.broadcast_to(values[0], _same(values[1], target)),
    "CAST": lambda node, values, target: values[0].astype(target.dtype),
    "RESHAPE": lambda node, values, target: values[0].reshape(target.shape),
    "SQUEEZE": lambda node, values, target: values[0].reshape(target.shape),
    "EXPAND_DIMS": lambda node, values, target: values[0].reshape(target.shape),
}
# Operators on integers that are not quantised, and therefore exact in any implementation.
_ARITHMETIC: dict[str, Callable[[Node, Values, Tensor], Any]] = {
    "STRIDED_SLICE": lambda node, values, target: values[0][slices(node, values[0].shape)],
    "PACK": lambda node, values, target: np.stack(values, node.option("axis")),
    "CONCATENATION": lambda node, values, target: np.concatenate(values, node.option("axis")),
    "GATHER": lambda node, values, target: np.take(values[0], values[1], node.option("axis")),
    "ADD": lambda node, values, target: values[0] + values[1],
    "SUB": lambda node, values, target: values[0] - values[1],
    "MUL": lambda node, values, target: values[0] * values[1],
    "MAXIMUM": lambda node, values, target: np.maximum(*values),
    "MINIMUM": lambda node, values, target: np.minimum(*values),
}
FOLDED = frozenset(_COMPUTED)  # operators that are supported only as constants
_LEAST_KNOWN = frozenset({"SHAPE", "ZEROS_LIKE"})  # operators whose results depend only on the shape of the input


def _same(extents: np.ndarray, target: Tensor) -> tuple[int, ...]:
    if tuple(extents.reshape(-1).tolist()) != target.shape:
        raise ValueError("the shape of the result differs from the tensor's shape")
    return target.shape


def fold(graph: Graph) -> Graph:
    """Return `graph` without the operators whose results are known. The results of these operators become constants.

    An operator that cannot be computed remains, so that it is checked and refused like any other.
    """
    tensors, operators = list(graph.tensors), []
    for operator in graph.operators:
        value = None if set(operator.outputs) & set(graph.outputs) else _value(operator, graph, tensors)
        if value is None:
            operators.append(operator)
        else:
            index = operator.outputs[0]
            tensors[index] = replace(tensors[index], data=value)
    kept = {operator.index for operator in operators}
    removed = tuple(operator.name for operator in graph.operators if operator.index not in kept)
    return replace(graph, tensors=tuple(tensors), operators=tuple(operators), removed=(*graph.removed, *removed))


def _value(operator: Operator, graph: Graph, tensors: list[Tensor]) -> np.ndarray | None:
    """Return the result of `operator` if it is known, otherwise None."""
    if len(operator.outputs) != 1 or not operator.inputs or min(operator.inputs) < 0:
        return None
    sources, target = [tensors[index] for index in operator.inputs], tensors[operator.outputs[0]]
    whole = all(tensor.dtype.kind in "iub" and tensor.dtype not in QUANTISED for tensor in (*sources, target))
    compute = _COMPUTED.get(operator.name) or (_ARITHMETIC.get(operator.name) if whole else None)
    known = [tensor.data for tensor in sources if tensor.data is not None]
    if compute is None or target.data is not None:
        return None
    if len(known) < len(sources) and operator.name not in _LEAST_KNOWN:
        return None
    try:
        with np.errstate(all="ignore"):
            value = np.asarray(compute(Node(operator, graph), known, target))
    except (ModelError, ValueError, IndexError, TypeError, KeyError):
        return None
    if value.shape != target.shape or value.dtype != target.dtype:
        return None
    value = np.array(value, order="C")
    value.flags.writeable = False
    return value
