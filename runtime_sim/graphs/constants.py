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
    "SHAPE": lambda node, values, target: _shape(node, target),
    "ZEROS_LIKE": lambda node, values, target: np.zeros(target.shape, target.dtype),
    "FILL": lambda node, values, target: np.broadcast_to(values[1].reshape(()), _same(values[0], target)),
    "BROADCAST_TO": lambda node, values, target: np.broadcast_to(values[0], _same(values[1], target)),
    "CAST": lambda node, values, target: values[0].astype(target.dtype),
    "RESHAPE": lambda node, values, target: values[0].reshape(target.shape),
    "SQUEEZE": lambda node, values, target: values[0].reshape(target.shape),
    "EXPAND_DIMS": lambda node, values, target: values[0].reshape(target.shape),
}
# Operators on integers that are not quantised, and therefore exact in any implementation. They check the size of the
# result first, because small operands can give a huge one.
_ARITHMETIC: dict[str, Callable[[Node, Values, Tensor], Any]] = {
    "STRIDED_SLICE": lambda node, values, target: values[0][slices(node, values[0].shape)],
    "PACK": lambda node, values, target: np.stack(_all(values, target), node.option("axis")),
    "CONCATENATION": lambda node, values, target: np.concatenate(_all(values, target), node.option("axis")),
    "GATHER": lambda node, values, target: _selected(node, values, target),
    "ADD": lambda node, values, target: np.add(*_pair(values, target)),
    "SUB": lambda node, values, target: np.subtract(*_pair(_plain(node, values), target)),
    "MUL": lambda node, values, target: np.multiply(*_pair(_plain(node, values), target)),
    "MAXIMUM": lambda node, values, target: np.maximum(*_pair(values, target)),
    "MINIMUM": lambda node, values, target: np.minimum(*_pair(values, target)),
}
FOLDED = frozenset(_COMPUTED)  # operators that are supported only as constants
_LEAST_KNOWN = frozenset({"SHAPE", "ZEROS_LIKE"})  # operators whose results depend only on the shape of the input


def _shape(node: Node, target: Tensor) -> np.ndarray:
    if target.dtype not in (np.int32, np.int64):
        raise ValueError("extents may not fit in the result's type")
    return np.array(node.graph.tensors[node.operator.inputs[0]].shape, target.dtype)


def _same(extents: np.ndarray, target: Tensor) -> tuple[int, ...]:
    if tuple(extents.reshape(-1).tolist()) != target.shape:
        raise ValueError("the shape of the result differs from the tensor's shape")
    return target.shape


def _all(values: Values, target: Tensor) -> Values:
    """Return `values` if together they fill `target`."""
    if sum(value.size for value in values) != target.size:
        raise ValueError("the result does not have the tensor's size")
    return values


def _pair(values: Values, target: Tensor) -> Values:
    """Return `values` if they broadcast to the shape of `target`."""
    if len(values) != 2 or np.broadcast_shapes(*(value.shape for value in values)) != target.shape:
        raise ValueError("the result does not have the tensor's shape")
    return values


def _plain(node: Node, values: Values) -> Values:
    """Return `values` unless the result is clamped. TFLite Micro ignores the activation of an int32 ADD, but no
    other."""
    if node.option("activation") != "NONE":
        raise ValueError("the result is clamped")
    return values


def _selected(node: Node, operands: Values, target: Tensor) -> np.ndarray:
    """Return the slices that GATHER selects."""
    (values, indices), axis = operands, node.option("axis")
    if node.option("batch_dims") or indices.min() < 0:
        raise ValueError("the indices are not supported")
    if values.size // values.shape[axis] * indices.size != target.size:
        raise ValueError("the result does not have the tensor's size")
    return np.take(values, indices, axis)


def fold(graph: Graph) -> Graph:
    """Return `graph` without the operators whose results are known. The results of these operators become constants.

    An operator that cannot be computed remains, so that it is checked and refused like any other.
    """
    tensors, operators, results = list(graph.tensors), [], set(graph.outputs)
    for operator in graph.operators:
        value = None if results.intersection(operator.outputs) else _value(operator, graph, tensors)
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
