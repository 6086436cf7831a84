"""Which tensors share memory: views of a tensor, results computed in place; and how long each buffer lives."""

from dataclasses import dataclass

from firmware_gen.errors import BuildError
from firmware_gen.kernel import Kernel, View
from firmware_gen.memory_plan import Buffer, Plan, plan
from runtime_sim.graph import Graph


@dataclass(frozen=True)
class Layout:
    """Where everything lies: offset in the arena by tensor index, scratch offset by operator index, and the plan."""

    offsets: dict[int, int]
    scratch: dict[int, int]
    plan: Plan


def lay_out(graph: Graph, kernels: list[Kernel | View]) -> Layout:
    """Place all tensors that are computed at run time, and every operator's scratch. Steps are operator numbers."""
    uses = _last_uses(graph)
    home = _homes(graph, kernels, uses)
    lives: dict[int, list[int]] = {}          # root tensor -> bytes, first step, last step
    first = {index: 0 for index in graph.inputs}
    first.update({index: op.index for op in graph.operators for index in op.outputs})
    for index, (root, offset) in home.items():
        life = lives.setdefault(root, [0, first[index], 0])
        life[0] = max(life[0], offset + graph.tensors[index].nbytes)
        life[1] = min(life[1], first[index])
        life[2] = max(life[2], uses[index])
    buffers = [Buffer(*life) for life in lives.values()]
    needy = [op.index for op, kernel in zip(graph.operators, kernels) if isinstance(kernel, Kernel) and kernel.scratch]
    buffers += [Buffer(kernels[step].scratch, step, step) for step in needy]
    result = plan(buffers)
    place = dict(zip(lives, result.offsets))
    offsets = {index: place[root] + offset for index, (root, offset) in home.items()}
    return Layout(offsets, dict(zip(needy, result.offsets[len(lives):])), result)


def _last_uses(graph: Graph) -> dict[int, int]:
    """The last step at which a tensor must still hold its value; outputs live on after the last operator."""
    uses = {index: 0 for index in graph.inputs}
    for operator in graph.operators:
        uses.update({index: operator.index for index in operator.outputs})
        uses.update({index: operator.index for index in operator.inputs if index >= 0})
    uses.update({index: len(graph.operators) for index in graph.outputs})
    return uses


def _homes(graph: Graph, kernels: list[Kernel | View], uses: dict[int, int]) -> dict[int, tuple[int, int]]:
    """tensor -> (root tensor whose buffer it lies in, byte offset there)."""
    home = {index: (index, 0) for index in graph.inputs}
    for operator, kernel in zip(graph.operators, kernels):
        home.update({index: (index, 0) for index in operator.outputs})
        if isinstance(kernel, View):
            source = operator.inputs[kernel.position]
            if source not in home:
                raise BuildError(f"{graph.name}: {operator.label}: a view of a constant is not supported")
            root, offset = home[source]
            for index, shift in zip(operator.outputs, kernel.offsets, strict=True):
                home[index] = (root, offset + shift)
        else:
            source = _overwritten(operator, kernel, home, uses)
            if source is not None:
                home[operator.outputs[0]] = home[source]
    return home


def _overwritten(operator, kernel: Kernel, home, uses) -> int | None:
    """The input whose buffer the operator's output takes over: nobody may need any part of that buffer afterwards."""
    for position in kernel.in_place:
        source = operator.inputs[position]
        if source not in home:
            continue
        sharing = {index for index, (root, _) in home.items() if root == home[source][0]}
        others = {index for index in operator.inputs if index != source}
        if not others & sharing and all(uses[index] <= operator.index for index in sharing):
            return source
    return None
