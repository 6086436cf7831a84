"""Compile a graph to streaming C code, which processes input of any length a few rows at a time in constant memory.

Each tick computes `rows` rows of every tensor with the usual kernels, which are compiled for a graph of tensors with
`rows` rows. The input of an operator with a window includes the additional rows under the window and has no padding.
Line buffers keep rows of earlier ticks for as long as a reader needs them. In the arena, these rows precede the rows of
the current tick.

If a tick has more than ROWS rows, kernels copy the weights to scratch piece by piece, so the weights are read only once
per tick."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ticktalk.firmware_gen.graph.kernel import STAGED, WINDOW, Kernel, View
from ticktalk.firmware_gen.graph.layout import Layout
from ticktalk.firmware_gen.graph.model import CompiledModel, Writer, check_names
from ticktalk.firmware_gen.graph.schedule import ROWS, Schedule, schedule
from ticktalk.firmware_gen.graph.storage import lay_out
from ticktalk.firmware_gen.kernels import compile_operator
from ticktalk.firmware_gen.kernels.shared.copies import copies
from ticktalk.runtime_sim import ops
from ticktalk.runtime_sim.graphs.graph import Graph, Operator, Tensor
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time

_ALIGNMENT = 16


def compile_stream(
    graph: Graph,
    name: str,
    graph_id: int = 0,
    isa: str = "portable",
    own_arena: bool = True,
    rows: int = ROWS,
    external: bool = False,
) -> CompiledModel:
    """Compile `graph` like model.compile_graph, but to C code that takes `rows` input rows at a time.

    If `external` is true, the constants are not part of the code. The graph's struct points to the constants.

    The additional facts are rows, delay, line_bytes (memory kept between ticks) and kept_rows {tensor: rows}. The
    `macs` of each operator are per tick. Raises BuildError if the graph cannot be streamed (see schedule.py).
    """
    check_names(name, isa)
    plan = schedule(graph, rows)
    return _Writer(plan, name, graph_id, isa, own_arena, *laid_out(plan, isa), external).write()


def laid_out(plan: Schedule, isa: str) -> tuple[Graph, list[Kernel | View], Layout]:
    """Return the graph of one tick, its kernels, and its memory layout."""
    tick = _tick(plan)
    kernels = [_kernel(plan, tick, operator, isa) for operator in tick.graph.operators]
    return tick.graph, kernels, lay_out(tick.graph, kernels, tick.windows)


def _kernel(plan: Schedule, tick: "_Tick", operator: Operator, isa: str) -> Kernel | View:
    """Return the kernel for one tick of an operator."""
    if plan.tensors[operator.outputs[0]].root not in operator.outputs:
        return View(0, (0,))
    node = Node(operator, tick.graph)
    kernel = compile_operator(node, isa)
    if isinstance(kernel, View) and any(index in tick.windows or index in plan.padded for index in operator.outputs):
        return copies(node)  # the kept rows need their own buffer
    return kernel


@dataclass(frozen=True)
class _Tick:
    """The graph of one tick. Tensors with the rows of a tick keep their indices, and windows are additional tensors.

    `windows` maps a tensor to (root whose buffer holds it, byte offset in that buffer)."""

    graph: Graph
    windows: dict[int, tuple[int, int]]


def _tick(plan: Schedule) -> _Tick:
    """Return the graph of one tick. A tensor's buffer holds the kept rows, followed by the rows of the tick."""
    graph = plan.graph
    tensors = [
        _of_rows(plan, index, plan.per_tick(index)) if index in plan.tensors else tensor
        for index, tensor in enumerate(graph.tensors)
    ]
    windows: dict[int, tuple[int, int]] = {}
    slots: dict[tuple, int] = {}

    def place_of(index: int, latency: int) -> int:
        """Return the position, in its buffer, of the first row of tensor `index` that a result with `latency` reads."""
        place = plan.tensors[index]
        return plan.history[place.root] + plan.latency[place.root] + place.shift - latency

    def window(index: int, latency: int, low: int, high: int) -> int:
        """Return the index of a tensor with the rows of tensor `index` that are needed for a result with `latency`."""
        at = place_of(index, latency) + low
        if high == low and at == place_of(index, plan.latency[index]):
            return index
        if (index, at, high - low) not in slots:
            slots[index, at, high - low] = len(tensors)
            windows[len(tensors)] = (plan.tensors[index].root, at * row_bytes(plan, index))
            tensors.append(replace(_of_rows(plan, index, plan.per_tick(index) + high - low), index=len(tensors)))
        return slots[index, at, high - low]

    for index, tensor in plan.tensors.items():
        if plan.history[tensor.root] or tensor.root != index:
            windows[index] = (tensor.root, place_of(index, plan.latency[index]) * row_bytes(plan, index))
    operators = [_operator(plan, operator, window, tensors) for operator in graph.operators]
    outputs = tuple(window(index, plan.delay // plan.tensors[index].step, 0, 0) for index in graph.outputs)
    return _Tick(Graph(graph.name, tuple(tensors), tuple(operators), graph.inputs, outputs), windows)


def _operator(
    plan: Schedule, operator: Operator, window: Callable[[int, int, int, int], int], tensors: list[Tensor]
) -> Operator:
    """Return `operator` for one tick. The operator's inputs are windows, which already include the padding."""
    result = operator.outputs[0]
    if plan.tensors[result].root != result:
        return operator
    low, high = plan.reads[operator.index]
    inputs = [
        window(index, plan.latency[result] * plan.stride(index, result), low, high) if index in plan.tensors else index
        for index in operator.inputs
    ]
    # Within a tick, no rows are cropped or padded: slices start at row 0 and take all rows, and padding is (0, 0).
    without = {along_time.CROP: (0, plan.per_tick(result)), along_time.PAD: ((0, 0),)}
    if values := without.get(ops.along_time_of(operator.name)):
        inputs = _without_time(plan, operator, inputs, tensors, values)
    options = operator.options | ({"padding": "VALID"} if "padding" in operator.options else {})
    options |= {STAGED: True} if plan.rows > ROWS else {}
    if ops.along_time_of(operator.name) == along_time.REDUCE:
        options[WINDOW] = plan.tensors[operator.inputs[0]].axis, high - low + 1
    return replace(operator, inputs=tuple(inputs), options=options)


def _without_time(
    plan: Schedule, operator: Operator, inputs: list[int], tensors: list[Tensor], values: tuple
) -> list[int]:
    """Return the inputs of a slice or padding that changes only channels.

    Operands 1, 2, ... take `values` for the time axis.
    """
    axis = plan.tensors[operator.outputs[0]].axis
    for position, value in enumerate(values, 1):
        data = np.array(plan.graph.tensors[inputs[position]].data)
        data[axis] = value
        tensors.append(replace(plan.graph.tensors[inputs[position]], index=len(tensors), data=data))
        inputs[position] = len(tensors) - 1
    return inputs


def _of_rows(plan: Schedule, index: int, rows: int) -> Tensor:
    """Return a copy of tensor `index` with `rows` rows."""
    tensor, axis = plan.graph.tensors[index], plan.tensors[index].axis
    return replace(tensor, shape=(*tensor.shape[:axis], rows, *tensor.shape[axis + 1 :]))


def row_bytes(plan: Schedule, index: int) -> int:
    """Return the size of a tensor's row in bytes."""
    return _of_rows(plan, index, 1).nbytes


class _Writer(Writer):
    """Renders the C code of a streaming graph, including latencies, padding and line buffers."""

    templates = {".h": "graph/stream.h.j2", ".c": "graph/stream.c.j2"}

    def __init__(
        self,
        plan: Schedule,
        name: str,
        graph_id: int,
        isa: str,
        own_arena: bool,
        graph: Graph,
        kernels: list[Kernel | View],
        layout: Layout,
        external: bool,
    ):
        super().__init__(graph, name, graph_id, isa, own_arena, kernels, layout, external)
        self.plan, self.lines, at = plan, {}, 0
        for root, rows in plan.history.items():
            if rows:
                self.lines[root] = at
                at += -(-rows * row_bytes(plan, root) // _ALIGNMENT) * _ALIGNMENT
        self.line_bytes = at

    def _context(self, steps: list[dict]) -> dict:
        ends = [self.plan.tensors[index] for index in self.plan.graph.outputs]
        inputs = [self._after(index) for index in self.plan.graph.inputs]
        padded_lines = [
            (self.lines[root], self.plan.history[root] * row_bytes(self.plan, root), self._zero(root))
            for root in sorted(self.plan.padded)
            if root in self.lines
        ]
        context = super()._context(steps)
        for port, index in zip(context["outputs"], self.plan.graph.outputs, strict=True):
            port["label"] = self.plan.graph.tensors[index].label  # not that of the window
        return context | {
            "rows": self.plan.rows,
            "delay": self.plan.delay,
            "line_bytes": self.line_bytes,
            "ends": [(each.lost, each.step) for each in ends],
            "empty": min(each.empty for each in ends),
            "strided": any(rows.step > 1 for rows in self.plan.tensors.values()),
            "padded_lines": padded_lines,
            "arrivals": inputs,
        }

    def _facts(self, steps: list[dict]) -> dict:
        kept = {root: rows for root, rows in self.plan.history.items() if rows}
        return super()._facts(steps) | {
            "rows": self.plan.rows,
            "delay": self.plan.delay,
            "line_bytes": self.line_bytes,
            "kept_rows": kept,
        }

    def _step(self, operator: Operator, kernel: Kernel | View) -> dict:
        step = super()._step(operator, kernel)
        first = operator.outputs[0]
        after = [self._after(index) for index in operator.outputs if self.plan.tensors[index].root == index]
        return step | {
            "latency": self.plan.latency[first],
            "lost": self.plan.tensors[first].lost,
            "step": self.plan.tensors[first].step,
            "after": after,
            "pads": any(each["zero"] is not None for each in after),
            "traces": [(index, address, row_bytes(self.plan, index)) for index, address, _ in step["traces"]],
        }

    def _after(self, root: int) -> dict:
        """Return the template context for padding and keeping the rows of a root after they are computed."""
        row, history = row_bytes(self.plan, root), self.plan.history[root]
        made = self.layout.offsets[root]
        return {
            "made": f"&arena[{made}]",
            "window": f"&arena[{made - history * row}]",
            "row": row,
            "rows": self.plan.per_tick(root),
            "zero": self._zero(root) if root in self.plan.padded else None,
            "line": self.lines.get(root),
            "kept": history * row,
            "begin": self.plan.begin[root] * self.plan.rows,
            "lost": self.plan.tensors[root].lost,
            "step": self.plan.tensors[root].step,
            "latency": self.plan.latency[root],
        }

    def _zero(self, root: int) -> int:
        tensor = self.graph.tensors[root]
        return tensor.zero_point if tensor.scales.size and tensor.dtype.itemsize == 1 else 0
