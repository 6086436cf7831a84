"""Compute the first layers of a graph in bands of rows, if their tensors do not fit the memory.

The layers from the inputs to a tensor, the cut, run once per band of the cut's rows. Each run reads only the rows that
its band depends on, and computes rows on which two bands depend twice (patch-based inference of MCUNetV2, Lin et al.,
2021, arXiv:2110.15352). Bands write directly to the cut, so only a part of each tensor before the cut exists at a time.
Every value is computed as in the original graph: a band has padding only at the edges of the image.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, pairwise

import numpy as np

from ticktalk.firmware_gen.graph.kernel import ABOVE, FROM, JOINED
from ticktalk.firmware_gen.graph.window import window
from ticktalk.firmware_gen.simplify.layer import products
from ticktalk.runtime_sim.graphs.graph import Graph, Operator
from ticktalk.runtime_sim.graphs.node import Node

ATTEMPTS = 3  # number of forms that are compiled until one fits
# Limits of the search, which also bound the code: the number of first layers, and of layers times bands.
MOST_LAYERS, MOST_CALLS = 64, 512
COUNTS = (2, 3, 4, 6, 8, 12, 16, 24, 32)  # numbers of bands that are tried
# Operators whose output row depends on a window of input rows, and operators whose output row depends on the same row.
_WINDOWS = {"CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D"}
_ROWS = {"ADD", "SUB", "MUL", "RELU", "RELU6", "LEAKY_RELU", "HARD_SWISH", "LOGISTIC", "TANH", "QUANTIZE"}
Rows = tuple[int, int]  # the first row, and the row behind the last one


@dataclass(frozen=True, eq=False)
class Banded:
    """A graph with bands.

    `count` is the number of bands. `skipped` lists the tensors of the original graph that are no longer computed as a
    whole, and `parts` the tensors that are not tensors of the original graph.
    """

    graph: Graph
    count: int
    skipped: list[int]
    parts: frozenset[int]


def smallest(graph: Graph, memory: int) -> list[Banded]:
    """Return up to ATTEMPTS forms of the graph whose tensors fit into `memory` bytes, with the least work first."""

    def work(each: Banded) -> int:
        return sum(products(operator, each.graph) for operator in each.graph.operators)

    found = [each for each in _banded(graph, memory) if _most_live(each.graph) <= memory]
    return sorted(found, key=work)[:ATTEMPTS]


def _banded(graph: Graph, memory: int) -> Iterator[Banded]:
    """Yield the graph with each number of bands and each cut that fits into `memory` bytes beside the inputs."""
    first = list(islice(_first_layers(graph), MOST_LAYERS))
    room = memory - sum(graph.tensors[index].nbytes for index in graph.inputs)
    for number, operator in enumerate(first):
        cut, before = operator.outputs[0], first[: number + 1]
        if graph.tensors[cut].nbytes <= room and _is_cut(graph, before, cut):
            for count in COUNTS:
                if count <= graph.tensors[cut].shape[1] and count * len(before) <= MOST_CALLS:
                    yield _Bands(graph, before, cut).build(count)


def _most_live(graph: Graph) -> int:
    """Return the most bytes of tensors that are live at a time, without scratch and results computed in place."""
    homes: dict[int, int] = {index: index for index in graph.inputs}
    for operator in graph.operators:
        homes.update({index: index for index in operator.outputs})
    for operator in graph.operators:
        if JOINED in operator.options:
            homes.update(dict.fromkeys(operator.inputs, operator.outputs[0]))
        elif operator.name in ("SLICE", "RESHAPE"):
            homes[operator.outputs[0]] = homes.get(operator.inputs[0], operator.outputs[0])
    change = np.zeros(len(graph.operators) + 2, np.int64)
    lives: dict[int, tuple[int, int]] = dict.fromkeys(graph.inputs, (0, 0))
    for operator in graph.operators:
        for index in (*operator.inputs, *operator.outputs):
            if (home := homes.get(index)) is not None:
                first, _ = lives.get(home, (operator.index, 0))
                lives[home] = first, operator.index
    for index in graph.outputs:
        home = homes[index]
        lives[home] = lives[home][0], len(graph.operators)
    for home, (first, last) in lives.items():
        change[first] += graph.tensors[home].nbytes
        change[last + 1] -= graph.tensors[home].nbytes
    return int(change.cumsum().max())


def _first_layers(graph: Graph) -> Iterator[Operator]:
    """Yield the operators that can be computed in bands and depend only on such operators and on inputs."""
    known = set(graph.inputs)
    for operator in graph.operators:
        if not _by_rows(graph, operator, known):
            return
        known.add(operator.outputs[0])
        yield operator


def _by_rows(graph: Graph, operator: Operator, known: set[int]) -> bool:
    tensors = [graph.tensors[index] for index in operator.inputs if index >= 0]
    computed = [tensor for tensor in tensors if tensor.data is None]
    target = graph.tensors[operator.outputs[0]]
    if not computed or len(operator.outputs) != 1 or any(tensor.index not in known for tensor in computed):
        return False
    if any(len(tensor.shape) != 4 or tensor.shape[0] != 1 for tensor in (*computed, target)):
        return False
    if operator.name in _WINDOWS:
        return len(computed) == 1 and computed[0].index == operator.inputs[0]
    constant = [tensor for tensor in tensors if tensor.data is not None]
    same = all(tensor.shape[:3] == target.shape[:3] for tensor in computed)
    return (
        operator.name in _ROWS
        and same
        and all(tensor.size == tensor.shape[-1:][0] for tensor in constant if tensor.shape)
    )


def _is_cut(graph: Graph, before: list[Operator], cut: int) -> bool:
    """Return whether all later operators read only the cut of the tensors that `before` writes."""
    written = {operator.outputs[0] for operator in before} - {cut}
    kept = {index for operator in graph.operators if operator not in before for index in operator.inputs}
    read = {index for operator in before for index in operator.inputs}
    return not written & (kept | set(graph.outputs)) and not set(graph.inputs) & kept and written <= read


class _Bands:
    """Builds one banded graph."""

    def __init__(self, graph: Graph, before: list[Operator], cut: int):
        self.graph, self.before, self.cut = graph, before, cut
        self.tensors = list(graph.tensors)
        self.operators: list[Operator] = []

    def build(self, count: int) -> Banded:
        height = self.graph.tensors[self.cut].shape[1]
        edges = [height * band // count for band in range(count + 1)]
        parts = [self._band(rows) for rows in pairwise(edges)]
        options = {"axis": 1, "activation": "NONE", JOINED: True}
        self._add("CONCATENATION", tuple(parts), self.cut, options)
        rest = self.graph.operators[len(self.before) :]
        operators = [replace(operator, index=i) for i, operator in enumerate((*self.operators, *rest))]
        graph = replace(self.graph, tensors=tuple(self.tensors), operators=tuple(operators))
        new = frozenset(range(len(self.graph.tensors), len(self.tensors)))
        skipped = sorted({operator.outputs[0] for operator in self.before} - {self.cut})
        return Banded(graph, count, skipped, new)

    def _band(self, rows: Rows) -> int:
        """Add the operators of a band, and return the tensor that holds these rows of the cut."""
        needed = self._needed(rows)
        # The part of each original tensor that exists in this band, and its rows.
        parts = {index: (index, (0, self.graph.tensors[index].shape[1])) for index in self.graph.inputs}
        for operator in self.before:
            target = operator.outputs[0]
            reads = [self._read(operator, needed[target], index) for index in operator.inputs]
            inputs = tuple(
                self._rows(parts[index], wanted) if wanted else index for index, wanted in zip(operator.inputs, reads)
            )
            options = operator.options
            if operator.name in _WINDOWS:
                first = needed[target][0] * options["stride_h"] - self._above(operator)
                options = options | {ABOVE: max(-first, 0)}
            made = self._part(target, needed[target])
            self._add(operator.name, inputs, made, options)
            parts[target] = made, needed[target]
        return parts[self.cut][0]

    def _needed(self, rows: Rows) -> dict[int, Rows]:
        """Return the rows of each tensor that a band of the cut depends on."""
        needed = {self.cut: rows}
        for operator in reversed(self.before):
            for index in operator.inputs:
                if wanted := self._read(operator, needed[operator.outputs[0]], index):
                    known = needed.get(index, wanted)
                    needed[index] = min(known[0], wanted[0]), max(known[1], wanted[1])
        return needed

    def _read(self, operator: Operator, rows: Rows, index: int) -> Rows | None:
        """Return the rows of an input that the operator reads for these rows of its output, or None for a constant."""
        if index < 0 or self.graph.tensors[index].data is not None:
            return None
        if operator.name not in _WINDOWS:
            return rows
        options = operator.options
        reach = (self._taps(operator) - 1) * options.get("dilation_h", 1)
        first, last = (row * options["stride_h"] - self._above(operator) for row in (rows[0], rows[1] - 1))
        height = self.graph.tensors[index].shape[1]
        return min(max(first, 0), height - 1), max(min(last + reach + 1, height), 1)

    def _taps(self, operator: Operator) -> int:
        height = operator.options.get("filter_h")
        return height or self.graph.tensors[operator.inputs[1]].shape[1]

    def _above(self, operator: Operator) -> int:
        """Return the number of padding rows above the whole input."""
        source, target = (self.graph.tensors[index] for index in (operator.inputs[0], operator.outputs[0]))
        return window(Node(operator, self.graph), source, target, self._taps(operator), 1).top

    def _rows(self, part: tuple[int, Rows], wanted: Rows) -> int:
        """Return the tensor with the wanted rows of a part, which is a view of the part unless they are all wanted."""
        index, (first, end) = part
        if wanted == (first, end):
            return index
        tensor = self.tensors[index]
        view = self._part(index, wanted)
        self._add("SLICE", (index,), view, {FROM: (wanted[0] - first) * tensor.nbytes // tensor.shape[1]})
        return view

    def _part(self, index: int, rows: Rows) -> int:
        like = self.tensors[index]
        shape = (1, rows[1] - rows[0], *like.shape[2:])
        name = f"{like.name}[{rows[0]}:{rows[1]}]"
        self.tensors.append(replace(like, index=len(self.tensors), shape=shape, name=name))
        return self.tensors[-1].index

    def _add(self, name: str, inputs: tuple[int, ...], output: int, options: dict) -> None:
        self.operators.append(Operator(len(self.operators), name, inputs, (output,), options))
