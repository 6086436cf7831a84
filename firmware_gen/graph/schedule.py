"""Schedule a graph for streaming, which processes the input a few rows at a time along the time axis.

A graph can be streamed if it meets three conditions. The graph must have a single time axis (in NHWC, height or width,
and the other is 1). Every operator must compute row n from a range of rows around row n, or n * stride, of its inputs.
Every tensor must have one row per `step` input rows, except for rows lost to VALID windows and crops. Tick k computes
rows / step[t] rows of tensor t, starting at row k * rows / step[t] - latency[t].
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import NoReturn

import numpy as np

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.turn import TURNED, time_as_width
from ticktalk.runtime_sim import ops
from ticktalk.runtime_sim.graphs.graph import Graph, Operator
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time

ROWS = 4  # the block size for which the SMLAD dense kernels are fastest


@dataclass(frozen=True)
class Rows:
    """The rows of a tensor along the time axis.

    `axis` is the tensor's time axis. The tensor has (rows of the input - `lost`) // `step` rows, where `step` is the
    product of the strides before it. Row n is stored at row n + `shift` of tensor `root`. The root is the tensor
    itself, unless the tensor is the result of a crop, pad or reshape.
    """

    axis: int
    lost: int
    step: int
    root: int
    shift: int = 0

    @property
    def empty(self) -> int:
        """The greatest length of the input for which the tensor has no rows."""
        return self.lost + self.step - 1


@dataclass(frozen=True)
class Schedule:
    """A graph computed in ticks of `rows` rows. Its 4-D tensors are [1, 1, time, channels].

    `tensors` maps tensor indices to their rows, `reads` operator indices to (low, high), and `latency` tensor indices
    to the latency in rows of the tensor. An operator with a stride computes rows a .. b - 1 from rows a * stride + low
    .. b * stride + high - 1 of its inputs. `padded` holds the roots that are read beyond their first or last row, where
    their values are zero points. All outputs are delayed by `delay` input rows, which is a multiple of `rows`. `turned`
    holds the tensors that are [1, time, 1, channels] in the original graph (see turn.py).
    """

    graph: Graph
    rows: int
    tensors: dict[int, Rows]
    reads: dict[int, tuple[int, int]]
    latency: dict[int, int]
    padded: frozenset[int]
    delay: int
    turned: frozenset[int]

    @cached_property
    def history(self) -> dict[int, int]:
        """For each root, the number of earlier rows that it must keep for its readers and for the outputs."""
        kept = {tensor.root: 0 for tensor in self.tensors.values()}
        for index, low, latency in self._readers():
            tensor = self.tensors[index]
            kept[tensor.root] = max(kept[tensor.root], latency - self.latency[tensor.root] - low - tensor.shift)
        return kept

    @cached_property
    def begin(self) -> dict[int, int]:
        """For each root, the first tick in which any reader needs its rows."""
        first = {root: self.latency[root] // self.per_tick(root) for root in self.history}
        for index, _, latency in reversed(list(self._readers())):
            root = self.tensors[index].root
            first[root] = min(first[root], latency // self.per_tick(root))
        return first

    def _readers(self) -> Iterator[tuple[int, int, int]]:
        """Yield (tensor, low, latency of the result in rows of the tensor) for the inputs of all operators and then for
        the outputs."""
        for operator in self.graph.operators:
            result = operator.outputs[0]
            for index in operator.inputs:
                if index in self.tensors:
                    yield index, self.reads[operator.index][0], self.latency[result] * self.stride(index, result)
        for index in self.graph.outputs:
            yield index, 0, self.delay // self.tensors[index].step

    def stride(self, source: int, result: int) -> int:
        """Return the number of rows of tensor `source` for each row of tensor `result`."""
        return self.tensors[result].step // self.tensors[source].step

    def per_tick(self, index: int) -> int:
        """Return the number of rows of a tensor that one tick computes."""
        return self.rows // self.tensors[index].step

    def axis(self, index: int) -> int:
        """Return the time axis of a tensor in the original graph."""
        axis = self.tensors[index].axis
        return TURNED[axis] if index in self.turned else axis

    def length(self, index: int, rows: int) -> int:
        """Return the number of rows of a tensor if the input has `rows` rows."""
        return max(0, (rows - self.tensors[index].lost) // self.tensors[index].step)

    def ticks(self, rows: int) -> int:
        """Return the number of ticks until all outputs are complete and the end is signalled, for `rows` input rows."""
        late = self.delay - min(self.tensors[index].empty for index in self.graph.outputs)
        return max(-(-(rows + late) // self.rows), rows // self.rows + 1)

    def made(self, index: int, tick: int, rows: int) -> tuple[int, int]:
        """Return the range [first, end) of a tensor's rows that one tick computes if the input has `rows` rows."""
        first = tick * self.per_tick(index) - self.latency[index]
        return max(first, 0), max(min(first + self.per_tick(index), self.length(index, rows)), max(first, 0))


def schedule(graph: Graph, rows: int = ROWS) -> Schedule:
    """Return a schedule of `graph` in ticks of `rows` rows.

    Raises BuildError if the graph cannot be streamed. The message names the first unsuitable tensor or operator.
    """
    graph, turned = time_as_width(graph)
    tensors, reads, padded = _analysed(graph, rows)

    def latencies(late: int) -> dict[int, int]:
        """Return the minimum latencies. A row is computed once its inputs are ready and it is known to exist."""
        found = dict.fromkeys(graph.inputs, late)
        for operator in graph.operators:
            sources = [index for index in operator.inputs if index in tensors]
            for index in operator.outputs:
                result = tensors[index]
                found[index] = max(
                    [
                        -(-late // result.step),
                        -(-(late + result.lost) // result.step),
                        *(
                            -(-(found[source] + reads[operator.index][1]) * tensors[source].step // result.step)
                            for source in sources
                        ),
                    ]
                )
        return found

    def wait(latency: dict[int, int]) -> int:
        """Return the latency of the slowest output in input rows."""
        return max(latency[index] * tensors[index].step for index in graph.outputs)

    # The first output row must be the first row of a tick. Delaying the input is the cheapest way to do this.
    late = next((late for late in range(rows) if wait(latencies(late)) % rows == 0), 0)
    latency = latencies(late)
    delay = -(-wait(latency) // rows) * rows
    latency |= dict.fromkeys(graph.inputs, 0)
    return Schedule(graph, rows, tensors, reads, latency, frozenset(padded), delay, turned)


def _analysed(graph: Graph, rows: int) -> tuple[dict[int, Rows], dict[int, tuple[int, int]], set[int]]:
    """Return the rows of all tensors with a time axis, (low, high) of all operators, and the padded roots."""
    tensors = {index: Rows(_axis_of_input(graph, index), 0, 1, index) for index in graph.inputs}
    if len({graph.tensors[index].shape[tensors[index].axis] for index in graph.inputs}) > 1:
        raise BuildError(f"{graph.name}: cannot be streamed: its inputs differ in length along the time axis")
    reads: dict[int, tuple[int, int]] = {}
    padded: set[int] = set()
    for operator in graph.operators:
        walk = _Operator(graph, operator, tensors)
        low, _high = reads[operator.index] = walk.reach()
        source, before = walk.source, tensors[walk.source]
        step = before.step * walk.stride
        if rows % step:
            walk.refuse(f"computes a row for {step} input rows; the product of strides must divide {rows}")
        for index in operator.outputs:
            axis = walk.axis_of(index)
            root, shift = (before.root, before.shift + low) if walk.views else (index, 0)
            tensors[index] = Rows(axis, before.lost + before.step * walk.lost(index, axis), step, root, shift)
        if walk.pads:
            root = tensors[source].root
            whole = graph.tensors[root].shape[tensors[root].axis]
            if tensors[source].shift > 0 or tensors[source].shift + walk.length(source) < whole:
                walk.refuse("pads rows that were cropped")
            padded.add(root)
    return tensors, reads, padded


def _axis_of_input(graph: Graph, index: int) -> int:
    tensor = graph.tensors[index]
    axis = {4: 2, 3: 1, 2: 0}.get(len(tensor.shape))
    if axis is None or prod(tensor.shape[:axis]) != 1 or tensor.shape[axis] < 2:
        raise BuildError(
            f"{graph.name}: cannot be streamed: {tensor.label} of shape {list(tensor.shape)} has no time axis; "
            "use shape [1, 1, time, channels] or [1, time, 1, channels]"
        )
    return axis


class _Operator:
    """An operator whose inputs have been analysed."""

    def __init__(self, graph: Graph, operator: Operator, tensors: dict[int, Rows]):
        self.graph, self.operator, self.tensors = graph, operator, tensors
        self.moving = [index for index in operator.inputs if index in tensors]
        self.behaviour = ops.along_time_of(operator.name)
        self.pads = False
        if not self.moving:
            self.refuse("has no input with a time axis")
        self.source = self.moving[0]
        rows = [(tensors[index].lost, tensors[index].step) for index in self.moving]
        if len({(*each, len(graph.tensors[index].shape)) for each, index in zip(rows, self.moving)}) > 1:
            self.refuse("has inputs of different lengths along the time axis, for some lengths of the model's input")

    def refuse(self, why: str) -> NoReturn:
        """Raise BuildError for this operator. `why` is a predicate that completes the message."""
        raise BuildError(f"{self.graph.name}: {self.operator.label} cannot be streamed: it {why}")

    @property
    def views(self) -> bool:
        """Whether the output rows are identical to input rows, byte for byte."""
        source, target = (self.graph.tensors[index] for index in (self.source, self.operator.outputs[0]))
        if self.behaviour == along_time.BYTES:
            return True
        return (
            self.behaviour in (along_time.CROP, along_time.PAD)
            and source.shape[self.axis + 1 :] == target.shape[self.axis + 1 :]
        )

    @property
    def axis(self) -> int:
        """The time axis of the input."""
        return self.tensors[self.source].axis

    @property
    def stride(self) -> int:
        """The number of input rows by which the window moves for each output row."""
        return self.operator.options["stride_w"] if self.behaviour.kind == "window" else 1

    def lost(self, index: int, axis: int) -> int:
        """Return the number l for which an output has (rows of the input - l) // stride rows."""
        if self.stride == 1:
            return self.length(self.source) - self.graph.tensors[index].shape[axis]
        low, high = self.reach()
        return 1 - self.stride if self.pads else high - low  # padded to one row for each stride that has begun

    def length(self, index: int) -> int:
        """Return the number of rows of an input in the original graph."""
        return self.graph.tensors[index].shape[self.tensors[index].axis]

    def axis_of(self, index: int) -> int:
        """Return the time axis of an output."""
        shape, before = self.graph.tensors[index].shape, self.graph.tensors[self.source].shape
        if self.behaviour == along_time.REDUCE and len(shape) < len(before):
            if len(shape) < 2 or prod(shape[:-1]) != 1:
                self.refuse("leaves no axis of length 1 for the time; reduce only the time axis, or keep all axes")
            return len(shape) - 2
        if self.behaviour not in (along_time.BYTES, along_time.ROW):
            if len(shape) != len(before) or prod(shape[: self.axis]) != 1:
                self.refuse("adds another axis; time must be the only spatial axis")
            return self.axis
        row = self._row(self.source) if self.behaviour == along_time.BYTES else shape[-1]
        for axis, length in reversed([*enumerate(shape[:-1])]):  # the last of several axes of a single row
            if prod(shape[:axis]) == 1 and length == self.length(self.source) and prod(shape[axis + 1 :]) == row:
                return axis
        self.refuse("mixes values of different rows")

    def _row(self, index: int) -> int:
        """Return the number of elements per row."""
        return prod(self.graph.tensors[index].shape[self.tensors[index].axis + 1 :])

    def reach(self) -> tuple[int, int]:
        """Return (low, high) as in Schedule. Without a stride, row n depends on rows n + low .. n + high."""
        match self.behaviour.kind:
            case "window":
                return self._window()
            case "crop":
                return self._crop()
            case "pad":
                return self._pad()
            case "alone":
                self._no_constant_along_time()
            case "reduce":
                return self._whole()
            case "axis":
                self._not_along_time()
            case "row":
                if self._row(self.source) != self.graph.tensors[self.operator.inputs[1]].shape[-1]:
                    self.refuse("mixes values of different rows")
            case "mixed":
                self.refuse("does not compute each output row from input rows around the same time")

        return 0, 0

    def _window(self) -> tuple[int, int]:
        options, position = self.operator.options, self.behaviour.operand
        source = self.graph.tensors[self.source]
        height, width = (
            (options["filter_h"], options["filter_w"])
            if position is None
            else self.graph.tensors[self.operator.inputs[position]].shape[1:3]
        )
        if source.shape[1] != 1 or height != 1 or options["stride_h"] != 1 or (self.axis != 2 and width > 1):
            self.refuse("has a size or stride greater than 1 along another axis; time must be the only spatial axis")
        span, skipped = (width - 1) * options.get("dilation_w", 1), self.stride - 1
        if options["padding"] == "VALID" or span == 0:
            return 0, span - skipped
        if position is None:
            self.refuse("excludes padding from the pooled values; use VALID padding")
        if skipped and span > 1:
            self.refuse("has a stride and padding that depends on the length; use VALID padding, after PAD")
        self.pads = True
        return -(span // 2), span - span // 2 - skipped

    def _whole(self) -> tuple[int, int]:
        """Treat a reduction of the time axis as a window of the model's length."""
        shape = self.graph.tensors[self.source].shape
        # A single axis may be a scalar.
        axes = set((self.graph.tensors[self.operator.inputs[1]].constant.reshape(-1) % len(shape)).tolist())
        if {axis for axis in axes if shape[axis] > 1} - {self.axis}:
            self.refuse("reduces an axis other than time")
        if self.axis not in axes:
            self.refuse("does not reduce the time axis")
        return 0, self.length(self.source) - 1

    def _crop(self) -> tuple[int, int]:
        """Determine the cropped rows by running the simulator's slice on row indices."""
        shape = self.graph.tensors[self.source].shape
        number = np.arange(self.length(self.source), dtype=np.int32).reshape(
            [-1 if i == self.axis else 1 for i in range(len(shape))]
        )
        operands = [
            np.broadcast_to(number, shape),
            *(self.graph.tensors[index].data for index in self.operator.inputs[1:]),
        ]
        if len(self.graph.tensors[self.operator.outputs[0]].shape) != len(shape):
            self.refuse("removes an axis")
        rows = np.asarray(ops.prepare(Node(self.operator, self.graph))(*operands))
        rows = np.moveaxis(rows, self.axis, 0).reshape(rows.shape[self.axis], -1)[:, 0]
        if rows.size > 1 and np.any(np.diff(rows) != 1):
            self.refuse("slices the time axis with a stride other than 1")
        return int(rows[0]), int(rows[0])

    def _pad(self) -> tuple[int, int]:
        amounts = self.graph.tensors[self.operator.inputs[1]].data
        if amounts is None:
            self.refuse("pads by an amount that is not a constant")
        before, after = amounts.reshape(-1, 2)[self.axis].tolist()
        self.pads = bool(before or after)
        return -before, -before

    def _no_constant_along_time(self) -> None:
        from_end = len(self.graph.tensors[self.source].shape) - self.axis
        for index in self.operator.inputs:
            if index >= 0 and index not in self.tensors:
                shape = self.graph.tensors[index].shape
                if len(shape) >= from_end and shape[-from_end] != 1:
                    self.refuse("has a constant operand that varies along the time axis")

    def _not_along_time(self) -> None:
        shape, operand = self.graph.tensors[self.source].shape, self.behaviour.operand
        if operand is None:
            axis = self.operator.options.get("axis", -1)
        else:
            axis = int(self.graph.tensors[self.operator.inputs[operand]].constant.reshape(-1)[0])
        if axis % len(shape) <= self.axis:
            self.refuse("operates along the time axis")
        if len(self.moving) != sum(
            index >= 0 and self.graph.tensors[index].dtype.itemsize < 4 for index in self.operator.inputs
        ):
            self.refuse("has a constant operand that varies along the time axis")
