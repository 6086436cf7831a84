"""Convert the bytes of a .tflite file to a Graph, and perform every check that does not depend on the operator type."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from ticktalk.runtime_sim import ops
from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs import flexbuffer, tflite_schema
from ticktalk.runtime_sim.graphs.constants import FOLDED, fold
from ticktalk.runtime_sim.graphs.flatbuffer import FlatBufferError, Reader, Table
from ticktalk.runtime_sim.graphs.graph import (
    MAX_CALLS,
    MAX_ELEMENTS,
    MAX_PARTS,
    Graph,
    Operator,
)
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.obstacles import Obstacles
from ticktalk.runtime_sim.graphs.tensors import Fail, name_of, read_tensors, unfixed_axis
from ticktalk.runtime_sim.graphs.variables import Raw, with_own_states, with_states, with_variables
from ticktalk.system.files import read_bytes


def load_graph(source: Path | str | bytes, name: str | None = None) -> Graph:
    """Load and check a .tflite file, given by its path or its bytes.

    `name` identifies the model in messages and defaults to the file name. Each operator's `prepare` function runs as
    well, so the returned graph can be simulated and compiled.

    Raises a `ModelError` if the file is missing or corrupt, uses floating point or contains unsupported
    operators. The message has one line per obstacle.
    """
    if isinstance(source, bytes):
        return read_graph(source, name or "model")
    try:
        data = read_bytes(source)
    except OSError as error:
        raise ModelError(f"{source}: cannot be read: {error.strerror}") from None
    return read_graph(data, name or Path(source).name)


def read_graph(data: bytes, name: str) -> Graph:
    """Return the graph in `data` after checking each operator.

    Raises a `ModelError` that starts with `name`. If the file is valid but the model cannot be used, the message lists
    every obstacle, one per line.
    """
    with _valid(data, name):
        file = _File(data, name)
        graph, nodes = file.graph()
    for node in nodes:
        with file.obstacles.noted():
            ops.prepare(node)
    file.refuse()
    return graph


def read_unchecked(data: bytes, name: str) -> Graph:
    """Return the graph in `data` for another program, without checking that its operators are supported.

    Options are missing, and `removed` has the operators of the other subgraphs. Raises a `ModelError` that starts with
    `name` if the file is corrupt, or if an input or output has an element type or a shape that is not supported.
    """
    with _valid(data, name):
        return _File(data, name).unchecked()


@contextmanager
def _valid(data: bytes, name: str) -> Iterator[None]:
    """Raise `ModelError` if the block finds that `data` is not a .tflite file."""
    if data[4:8] != tflite_schema.IDENTIFIER:
        raise ModelError(f"{name}: not a .tflite file: it lacks the identifier TFL3")
    try:
        yield
    except FlatBufferError as error:
        raise ModelError(f"{name}: not a valid .tflite file: {error}; export it again") from None


class _File:
    """A file, and the obstacles found in it so far."""

    def __init__(self, data: bytes, name: str):
        model = Reader(data).root()
        version = model.scalar(0, "u32", 0)
        if version != tflite_schema.VERSION:
            raise ModelError(f"{name}: schema version {version}, not {tflite_schema.VERSION}")
        self._name, self._subgraphs = name, model.tables(2)
        self._codes, self._buffers = model.tables(1), model.tables(4)
        self.obstacles = Obstacles(name)
        self._called: set[int] = set()
        self._elements = 0

    def graph(self) -> tuple[Graph, list[Node]]:
        """Return the main graph and the operators that can be prepared, those of called graphs first."""
        if not self._subgraphs:
            raise ModelError(f"{self._name}: has no subgraph; export it again")
        graph, nodes = self._complete(*self._raw(0, self._name))
        if not self.obstacles:
            _check_order(graph)
        return graph, nodes

    def unchecked(self) -> Graph:
        """Return the main graph as it is. See read_unchecked."""
        if not self._subgraphs:
            raise ModelError(f"{self._name}: has no subgraph; export it again")
        (main, unusable), *others = (self._raw(number, self._name) for number in range(len(self._subgraphs)))
        if unusable & {*main.graph.inputs, *main.graph.outputs}:
            self.obstacles.refuse()
        removed = tuple(operator.name for raw, _ in others for operator in raw.graph.operators)
        return replace(main.graph, removed=removed, unchecked=True)

    def refuse(self) -> None:
        """Raise a ModelError with all obstacles, or return if there are none.

        An input of any length has the length 1 in the file, which may be the cause of other obstacles.
        """
        if self.obstacles:
            main = self._subgraphs[0]
            tensors = main.tables(0)
            for index in main.array(1, "<i4").tolist():
                if (axis := unfixed_axis(tensors[index])) is not None:
                    self.obstacles.add(
                        f"input tensor {index} {name_of(tensors[index])}: axis {axis} has no fixed length; export the "
                        "model with a fixed input shape"
                    )
        self.obstacles.refuse()

    def _subgraph(self, number: int, title: str) -> tuple[Raw, set[int]]:
        if not 0 < number < len(self._subgraphs):
            raise ModelError(f"{self._name}: has no subgraph {number} to call; export it again")
        return self._raw(number, title)

    def _raw(self, number: int, title: str) -> tuple[Raw, set[int]]:
        """Return a subgraph without the options of its operators, and the indices of the tensors that cannot be
        used."""
        table = self._subgraphs[number]
        tables, arrays = table.tables(3), [table.array(slot, "<i4") for slot in (1, 2)]
        if max(len(tables), len(table.tables(0)), *(array.size for array in arrays)) > MAX_PARTS:
            raise ModelError(
                f"{title}: has more than {MAX_PARTS} operators, tensors, inputs or outputs, too many for a watch"
            )
        operators = tuple(_operator(index, each, self._codes, title) for index, each in enumerate(tables))
        inputs, outputs = (tuple(array.tolist()) for array in arrays)
        used = {*inputs, *outputs, *(index for each in operators for index in (*each.inputs, *each.outputs))}
        tensors, unusable = read_tensors(table.tables(0), used, self._buffers, title, self.obstacles)
        self._count(sum(tensor.size for tensor in tensors))
        graph = Graph(title, tensors, operators, inputs, outputs)
        _check_indices(graph)
        states = [index for index, each in enumerate(table.tables(0)) if each.scalar(5, "bool", False)]
        return Raw(with_states(graph, [index for index in states if index not in unusable]), tables), unusable

    def _complete(self, raw: Raw, unusable: set[int]) -> tuple[Graph, list[Node]]:
        """Return the graph with options, variables and folded constants, and the operators that can be prepared."""
        graph = raw.graph
        with self.obstacles.noted():
            graph = with_variables(raw, lambda number: self._subgraph(number, self._name)[0])
        tables = {operator.index: table for operator, table in zip(raw.graph.operators, raw.tables, strict=True)}
        bad, nodes, own = set(), [], {}
        for operator in graph.operators:
            with self.obstacles.noted():
                bad.add(operator.index)
                operator.options.update(_options(operator, tables[operator.index], graph))
                for role in tflite_schema.CALLS.get(operator.name, ()):
                    operator.options[role], called = self._call(operator.options[role], operator, graph)
                    nodes += called
                if find_state := getattr(ops.find(operator.name), "state", None):
                    values = find_state(Node(operator, graph))
                    self._count(values.size)
                    own[operator.index] = values
                bad.remove(operator.index)
        graph = fold(with_own_states(graph, own))
        for operator in graph.operators:
            with self.obstacles.noted():
                _require(operator, graph)
                if operator.index not in bad and not unusable & {*operator.inputs, *operator.outputs}:
                    nodes.append(Node(operator, graph))
        return graph, nodes

    def _count(self, elements: int) -> None:
        """Refuse the file if its tensors and states are too large in total."""
        self._elements += elements
        if self._elements > MAX_ELEMENTS:
            raise ModelError(
                f"{self._name}: the tensors have more than {MAX_ELEMENTS} elements in total, too many for a watch"
            )

    def _call(self, number: int, operator: Operator, caller: Graph) -> tuple[Graph, list[Node]]:
        """Return the graph of this number, which `operator` runs, and its operators."""
        if number in self._called or len(self._called) == MAX_CALLS:
            problem = f"calls subgraph {number}, which another call uses; export it twice"
            if number not in self._called:
                problem = f"more than {MAX_CALLS} subgraphs are not supported"
            raise ModelError(f"{caller.name}: {operator.label}: {problem}")
        self._called.add(number)
        graph, nodes = self._complete(*self._subgraph(number, f"{self._name}: subgraph {number}"))
        if graph.variables:
            raise ModelError(f"{graph.name}: variables in the graphs of IF and WHILE are not supported")
        if not self.obstacles:
            _check_order(graph, called=True)
        return graph, nodes


def _operator(index: int, table: Table, codes: list[Table], name: str) -> Operator:
    """Return an operator, without its options."""
    number = table.scalar(0, "u32", 0)
    if number >= len(codes):
        raise ModelError(f"{name}: operator {index}: uses operator code {number}, but the file has {len(codes)} codes")
    # The original 8-bit field is too small for newer codes. Writers fill in both fields; readers use the greater value.
    code = max(codes[number].scalar(0, "i8", 0), codes[number].scalar(3, "i32", 0))
    kind = tflite_schema.operator_name(code)
    if kind == "CUSTOM":
        custom = codes[number].text(1)[:60]
        kind = tflite_schema.CUSTOM.get(custom, f"CUSTOM {custom!a}")
    inputs, outputs = (tuple(table.array(slot, "<i4").tolist()) for slot in (1, 2))
    return Operator(index, kind, inputs, outputs)


def _options(operator: Operator, table: Table, graph: Graph) -> dict[str, Any]:
    """Return the options of an operator, or nothing if it is not supported."""
    place = f"{graph.name}: {operator.label}"
    module = ops.find(operator.name)
    if module is None:
        return {}
    known = module.OPTIONS
    if known is None:
        return {}
    if isinstance(known, tflite_schema.CustomOptions):
        return _custom_options(known, bytes(table.view(5)), place)
    union = table.scalar(3, "u8", 0)
    if union not in (0, known.union):
        raise ModelError(f"{place}: has the options of another operator (union member {union})")
    source = table.table(4) if union else None
    values: dict[str, int | float | str] = {}
    for key, (slot, kind, default) in known.fields.items():
        if names := {"padding": tflite_schema.PADDINGS, "activation": tflite_schema.ACTIVATIONS}.get(kind):
            number = source.scalar(slot, "i8", int(default)) if source else int(default)
            if number not in names:
                raise ModelError(f"{place}: {key} {number} is not supported")
            values[key] = names[number]
        else:
            value = source.scalar(slot, kind, default) if source else default
            values[key] = bool(value) if kind == "bool" else value
    return values


def _custom_options(known: tflite_schema.CustomOptions, data: bytes, place: str) -> dict[str, int | float | str]:
    """Return the options of a custom operator."""
    try:
        values = flexbuffer.numbers(data)
    except flexbuffer.FlexBufferError as error:
        raise ModelError(f"{place}: its options are not a valid FlexBuffer: {error}; export the model again") from None
    if known.defaults:
        values = known.defaults | {name: value for name, value in values.items() if name in known.defaults}
    # TFLite Micro reads most options by position, so no other options are allowed.
    elif values.keys() != {*known.names}:
        raise ModelError(f"{place}: has the options {sorted(values)}, not {sorted(known.names)}")
    for name, value in values.items():
        if isinstance(value, float) and not isinstance(known.defaults.get(name), float):
            raise ModelError(f"{place}: the option {name} is {value}, which is not an integer")
    if any(isinstance(value, int) and abs(value) >= 1 << 31 for value in values.values()):
        raise ModelError(f"{place}: has an option that does not fit in 32 bits")
    return {**values}


def _require(operator: Operator, graph: Graph) -> None:
    """Raise `ModelError` unless the operator is supported."""
    if ops.find(operator.name) is None:
        written = "".join(f"; it writes {graph.tensors[index].label}" for index in operator.outputs[:1])
        problem = "needs constants as inputs" if operator.name in FOLDED else "is not supported"
        raise ModelError(
            f"{graph.name}: {operator.label} {problem}{written}: use an operator of docs/reference/operators.md instead"
        )


def _check_indices(graph: Graph) -> None:
    """Check that every referenced tensor exists."""
    fail = _failing(graph)
    count = len(graph.tensors)
    for index in graph.inputs + graph.outputs:
        if not 0 <= index < count:
            fail(f"the inputs or outputs include tensor {index}, but the graph has {count} tensors")
    for operator in graph.operators:
        for index in operator.inputs:
            if not -1 <= index < count:
                fail(f"{operator.label}: reads tensor {index}, but the graph has {count} tensors")
        for index in operator.outputs:
            if not 0 <= index < count:
                fail(f"{operator.label}: writes tensor {index}, but the graph has {count} tensors")


def _check_order(graph: Graph, called: bool = False) -> None:
    """Check that every tensor is written exactly once, before it is read.

    The outputs of a graph that is `called` by an operator may also be constants or inputs.
    """
    fail = _failing(graph)
    written = {tensor.index for tensor in graph.tensors if tensor.data is not None}
    if written & set(graph.inputs) or len(set(graph.inputs)) < len(graph.inputs) or not graph.inputs:
        fail("the graph must have inputs that are neither repeated nor constant")
    written.update(graph.inputs)
    for operator in graph.operators:
        for index in operator.inputs:
            if index >= 0 and index not in written and index not in graph.variables:
                fail(f"{operator.label}: reads {graph.tensors[index].label} before it is written")
        for index in operator.outputs:
            if index in written:
                fail(f"{operator.label}: writes {graph.tensors[index].label}, which already has a value")
            written.add(index)
    if not graph.outputs or not set(graph.outputs) <= (written if called else set(graph.producers)):
        fail("the graph must have outputs, each written by an operator")


def _failing(graph: Graph) -> Fail:
    def fail(problem: str) -> NoReturn:
        raise ModelError(f"{graph.name}: {problem}")

    return fail
