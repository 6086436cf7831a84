"""Resource variables: the state that a model keeps from one run to the next.

A file has a handle for each variable (VAR_HANDLE) and a subgraph that sets the initial values (CALL_ONCE). Here, a
variable becomes a tensor of the graph: READ_VARIABLE reads it, and ASSIGN_VARIABLE writes it for the next reader.
A tensor that the file marks as a variable holds the state of the operator that reads and writes the tensor. Source:
tensorflow/lite/micro/micro_resource_variable.cc.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs.flatbuffer import Reader, Table
from ticktalk.runtime_sim.graphs.graph import Graph, Operator, Tensor

READ, ASSIGN = "READ_VARIABLE", "ASSIGN_VARIABLE"
# Operators that keep their own results until the next run: the outputs, which become inputs as well.
KEPT_OUTPUTS = {"CIRCULAR_BUFFER": 0, "SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION": 1, "SIGNAL_STACKER": 0}
STATE_OF = {"SVDF": [4], "UNIDIRECTIONAL_SEQUENCE_LSTM": [18, 19]}  # the inputs that hold the state
HANDLE, ONCE = "VAR_HANDLE", "CALL_ONCE"
_HANDLE_OPTIONS, _ONCE_OPTIONS = 111, 103  # members of the union BuiltinOptions


@dataclass(frozen=True)
class Raw:
    """A subgraph as stored in the file: the graph, and the tables of its operators."""

    graph: Graph
    tables: list[Table]


def with_variables(raw: Raw, subgraph: Callable[[int], Raw]) -> Graph:
    """Return the graph with its variables as tensors. `subgraph` returns any subgraph of the file, given its number.

    Raises `ModelError` if a variable cannot be used in this way.
    """
    graph, names = raw.graph, _names(raw)
    first = next((i for i, operator in enumerate(graph.operators) if operator.name in (READ, ASSIGN)), None)
    if first is None and not names:
        return graph
    initial: dict[str, Tensor] = {}
    removed = [operator.name for operator in graph.operators if operator.name in (HANDLE, ONCE)]
    for position, (operator, table) in enumerate(zip(graph.operators, raw.tables, strict=True)):
        if operator.name == ONCE:
            if first is not None and position > first:
                raise ModelError(f"{graph.name}: {operator.label}: must come before variables are used")
            once = subgraph(_number(table))
            initial |= _assigned(once, graph.name)
            removed += [each.name for each in once.graph.operators]
    tensors, numbers = list(graph.tensors), {}
    values = {}
    for name, value in (_stored(graph, names) | initial).items():
        sample = initial.get(name, value)
        numbers[name] = len(tensors)
        tensors.append(replace(value, index=len(tensors), name=name, data=None))
        values[numbers[name]] = _default(value) if sample.data is None else np.array(sample.data)
    operators = []
    for operator in graph.operators:
        if operator.name in (READ, ASSIGN):
            handle = names.get(operator.inputs[0], "") if operator.inputs else ""
            if handle not in numbers:
                raise ModelError(f"{graph.name}: {operator.label}: uses a variable that is never assigned")
            number = (numbers[handle],)
            operator = (
                replace(operator, inputs=number)
                if operator.name == READ
                else replace(operator, inputs=operator.inputs[1:], outputs=number)
            )
        if operator.name not in (HANDLE, ONCE):
            operators.append(operator)
    return replace(
        graph,
        tensors=tuple(tensors),
        operators=tuple(operators),
        variables=graph.variables | values,
        removed=(*graph.removed, *removed),
    )


def count_variables(data: bytes) -> int:
    """Return the number of names of variables in a .tflite file, for which TFLite Micro reserves memory."""
    operators = (each for subgraph in Reader(data).root().tables(2) for each in subgraph.tables(3))
    return len({options.text(1) for each in operators if (options := _handle_options(each))})


def with_states(graph: Graph, states: list[int]) -> Graph:
    """Return `graph` with the tensors `states` as variables. The operator that reads such a tensor also writes it.

    Raises `ModelError` if an operator that has no state reads one of these tensors.
    """
    operators = []
    marked = {*states} - {index for operator in graph.operators for index in _kept(operator)}
    for operator in graph.operators:
        places = [place for place, index in enumerate(operator.inputs) if index in marked]
        used = [operator.inputs[place] for place in places]
        if used and STATE_OF.get(operator.name) != places:
            label = graph.tensors[used[0]].label
            raise ModelError(f"{graph.name}: {operator.label}: {label} is a variable, which is not supported here")
        operators.append(replace(operator, outputs=(*operator.outputs, *used)) if used else operator)
    return _with_kept(replace(graph, operators=tuple(operators)), states)


def with_own_states(graph: Graph, initial: dict[int, np.ndarray]) -> Graph:
    """Return `graph` with a variable for each operator in `initial`, as its last input and its last output.

    `initial` maps indices of operators to the initial values of state that is not a tensor of the file.
    """
    if not initial:
        return graph
    tensors, operators, values = list(graph.tensors), [], {}
    for operator in graph.operators:
        if operator.index in initial:
            place, value = len(tensors), initial[operator.index]
            nothing = np.empty(0, np.float32), np.empty(0, np.int32)
            label = f"state of {operator.label}"
            tensors.append(Tensor(place, label, value.shape, value.dtype, *nothing, 0, None))
            values[place] = value
            operator = replace(operator, inputs=(*operator.inputs, place), outputs=(*operator.outputs, place))
        operators.append(operator)
    return replace(
        graph,
        tensors=tuple(tensors),
        operators=tuple(operators),
        variables=graph.variables | values,
        own_states=graph.own_states | values.keys(),
    )


def _with_kept(graph: Graph, states: list[int]) -> Graph:
    """Return `graph` with the variables `states` and a variable for each result that an operator keeps between runs."""
    operators, states = [], [*states]
    for operator in graph.operators:
        states.extend(_kept(operator))
        operators.append(replace(operator, inputs=(*operator.inputs, *_kept(operator))))
    values = {index: _default(graph.tensors[index]) for index in states}
    return replace(graph, operators=tuple(operators), variables=graph.variables | values)


def _kept(operator: Operator) -> tuple[int, ...]:
    """Return the result that an operator keeps, or an empty tuple."""
    place = KEPT_OUTPUTS.get(operator.name, len(operator.outputs))
    return operator.outputs[place : place + 1]


def _names(raw: Raw) -> dict[int, str]:
    """Return the name of the variable to which each handle refers, by tensor index."""
    found = {}
    for operator, table in zip(raw.graph.operators, raw.tables, strict=True):
        if operator.name == HANDLE and len(operator.outputs) == 1:
            options = _handle_options(table)
            found[operator.outputs[0]] = f"{options.text(0)}/{options.text(1)}" if options else "/"
    return found


def _handle_options(table: Table) -> Table | None:
    """Return the options of a handle, or None for another operator or if there are none."""
    return table.table(4) if table.scalar(3, "u8", 0) == _HANDLE_OPTIONS else None


def _number(table: Table) -> int:
    options = table.table(4) if table.scalar(3, "u8", 0) == _ONCE_OPTIONS else None
    return options.scalar(0, "i32", 0) if options else 0


def _stored(graph: Graph, names: dict[int, str]) -> dict[str, Tensor]:
    """Return the first tensor that is assigned to each variable."""
    found: dict[str, Tensor] = {}
    for operator in graph.operators:
        if operator.name == ASSIGN and len(operator.inputs) == 2 and operator.inputs[0] in names:
            found.setdefault(names[operator.inputs[0]], graph.tensors[operator.inputs[1]])
    return found


def _assigned(raw: Raw, name: str) -> dict[str, Tensor]:
    """Return the constants that an initialising subgraph assigns to variables."""
    names = _names(raw)
    for operator in raw.graph.operators:
        if operator.name not in (HANDLE, ASSIGN):
            raise ModelError(f"{name}: {operator.label} in a subgraph is not supported; only constants can initialise")
    found = _stored(raw.graph, names)
    for tensor in found.values():
        if tensor.data is None:
            raise ModelError(f"{name}: {tensor.label} in a subgraph initialises a variable, so it must be a constant")
    return found


def _default(tensor: Tensor) -> np.ndarray:
    """Return the value of a variable that was never assigned: each byte is the zero point."""
    zero = tensor.zero_point if tensor.scales.size else 0
    return np.full(tensor.nbytes, zero & 255, np.uint8).view(tensor.dtype).reshape(tensor.shape)
