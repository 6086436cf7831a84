"""Determine which tensors share memory (views and results computed in place) and the lifetime of each buffer."""

from collections.abc import Iterator
from itertools import accumulate

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.kernel import JOINED, Kernel, View
from ticktalk.firmware_gen.graph.layout import Layout
from ticktalk.firmware_gen.graph.memory_plan import ALIGNMENT, Buffer, plan
from ticktalk.runtime_sim.graphs.graph import Graph, Operator


def lay_out(graph: Graph, kernels: list[Kernel | View], windows: dict[int, tuple[int, int]] | None = None) -> Layout:
    """Place all tensors computed at run time and the scratch buffers of all operators.

    The steps of the memory plan are operator indices. `windows` maps each tensor stored in a larger buffer to (tensor
    that owns the buffer, byte offset in the buffer).
    """
    uses = _last_uses(graph)
    homes = _homes(graph, kernels, (windows or {}) | dict(_joined(graph)))
    roots = list(dict.fromkeys(root for root, _ in homes.values() if root not in graph.variables))
    covers = dict(_covers(graph, kernels, homes, uses))
    buffers = []
    for root in roots:
        lodgers = {index: offset for index, (home, offset) in homes.items() if home == root}
        size = max(offset + graph.tensors[index].nbytes for index, offset in lodgers.items())
        writers = [graph.producers[index].index for index in lodgers if index in graph.producers]
        first = min(writers) if root in graph.producers else 0
        over, shift = covers.get(root, (None, 0))
        over, shift = (None, 0) if over is None else (roots.index(over), shift - homes[root][1])
        buffers.append(Buffer(size, first, max(uses[index] for index in lodgers), over, shift))
    needy = {
        op.index: kernel.scratch
        for op, kernel in zip(graph.operators, kernels)
        if isinstance(kernel, Kernel) and kernel.scratch
    }
    buffers += [Buffer(size, step, step) for step, size in needy.items()]
    result = plan(buffers)
    place = dict(zip(roots, result.offsets))
    offsets = {index: place[root] + offset for index, (root, offset) in homes.items() if root in place}
    sizes = [-(-graph.tensors[index].nbytes // ALIGNMENT) * ALIGNMENT for index in graph.variables]
    kept = dict(zip(graph.variables, accumulate(sizes, initial=0)))
    state = {index: kept[root] + offset for index, (root, offset) in homes.items() if root in kept}
    return Layout(offsets, dict(zip(needy, result.offsets[len(roots) :])), result, state, sum(sizes))


def _joined(graph: Graph) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield (tensor, (tensor that contains it, byte offset)) for tensors that are written directly to another one."""
    for operator in graph.operators:
        if JOINED in operator.options:
            sizes = [graph.tensors[index].nbytes for index in operator.inputs]
            for index, offset in zip(operator.inputs, accumulate(sizes, initial=0)):
                yield index, (operator.outputs[0], offset)


def _last_uses(graph: Graph) -> dict[int, int]:
    """Return the last step at which each tensor must hold its value. Outputs outlive the last operator."""
    uses = dict.fromkeys(graph.inputs, 0)
    for operator in graph.operators:
        uses.update(dict.fromkeys(operator.outputs, operator.index))
        uses.update({index: operator.index for index in operator.inputs if index >= 0})
    uses.update({index: end(graph) for index in graph.outputs})
    return uses


def end(graph: Graph) -> int:
    """Return the step after the last one."""
    return graph.operators[-1].index + 1 if graph.operators else 0


def _homes(
    graph: Graph, kernels: list[Kernel | View], windows: dict[int, tuple[int, int]]
) -> dict[int, tuple[int, int]]:
    """Map each tensor to the root tensor whose buffer holds it and to its byte offset in that buffer.

    A tensor is its own root unless it is a view or a window.
    """
    homes = {index: (index, 0) for index in (*graph.inputs, *graph.variables)} | windows
    for operator, kernel in zip(graph.operators, kernels):
        homes.update({index: windows.get(index, (index, 0)) for index in operator.outputs})
        if isinstance(kernel, View):
            source = operator.inputs[kernel.position]
            if source not in homes:
                raise BuildError(f"{graph.name}: {operator.label}: views of a constant are not supported")
            root, offset = homes[source]
            positions = zip(operator.outputs, kernel.offsets, strict=True)
            homes.update({index: (root, offset + shift) for index, shift in positions if index not in windows})
    return homes


def _covers(
    graph: Graph, kernels: list[Kernel | View], homes: dict[int, tuple[int, int]], uses: dict[int, int]
) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield (output, (root, offset)) for each operator that may compute in place.

    The output may start at the byte offset `offset` of the root's buffer.
    """
    for operator, kernel in zip(graph.operators, kernels):
        if isinstance(kernel, Kernel):
            sources = (operator.inputs[position] for position in kernel.in_place)
            source = next((index for index in sources if _done_with(operator, index, graph, homes, uses)), None)
            if source is not None:
                yield operator.outputs[0], homes[source]


def _done_with(
    operator: Operator, source: int, graph: Graph, homes: dict[int, tuple[int, int]], uses: dict[int, int]
) -> bool:
    """Return whether the buffer of `source` is unused after `operator` and contains none of its other inputs."""
    if source not in homes or homes[source][0] in graph.variables:
        return False
    sharing = {index for index, (root, _) in homes.items() if root == homes[source][0]}
    others = {index for index in operator.inputs if index != source}
    return not others & sharing and all(uses[index] <= operator.index for index in sharing)
