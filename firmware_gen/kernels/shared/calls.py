"""Operators that run other graphs of the file. See runtime_sim/ops/shared/calls.py."""

from collections.abc import Iterable

import numpy as np

from ticktalk.firmware_gen.graph.fuse import fuse
from ticktalk.firmware_gen.graph.kernel import Argument, Constant, Function, Input, Kernel, Output, Part, Scratch
from ticktalk.firmware_gen.graph.memory_plan import ALIGNMENT
from ticktalk.firmware_gen.graph.storage import lay_out
from ticktalk.firmware_gen.kernels import compile_operator
from ticktalk.firmware_gen.project.escape import Code
from ticktalk.runtime_sim.graphs.graph import Graph
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str, roles: tuple[str, str], formula: str) -> Kernel:
    """Compile an operator that runs the graphs `roles`.

    The graphs run one at a time, so their arenas share the operator's scratch.
    """
    parts = [_part(node, role, isa) for role in roles]
    constants = [
        Constant(f"{role}_{i}_operand", values)
        for role, part in zip(roles, parts)
        for i, values in _constants(part.graph)
    ]
    count, results = len(node.operator.inputs), len(node.operator.outputs)
    arguments: list[Argument] = [*map(Input, range(count)), *map(Output, range(results))]
    context = {
        "count": count, "results": results,
        "graphs": [_ports(part, role) for part, role in zip(parts, roles)],
        "constants": [constant.role for constant in constants],
        "sizes": [node.graph.tensors[index].nbytes for index in node.operator.outputs],
    }  # fmt: skip
    name = node.operator.name.lower()
    return Kernel(
        (Function(f"{name}.c.j2", f"{name}_{node.operator.index}", context),),
        (*arguments, *constants, Scratch()),
        formula,
        macs=sum(kernel.macs for part in parts for kernel in part.kernels if isinstance(kernel, Kernel)),
        scratch=max(ALIGNMENT, *(part.layout.plan.bytes for part in parts)),
        parts=tuple(parts),
    )


def _part(node: Node, role: str, isa: str) -> Part:
    graph = fuse(node.option(role), isa)
    kernels = tuple(compile_operator(Node(operator, graph), isa) for operator in graph.operators)
    return Part(f"{node.operator.index}_{role}", graph, kernels, lay_out(graph, list(kernels)))


def _constants(graph: Graph) -> Iterable[tuple[int, np.ndarray]]:
    """Yield the position and the values of each output that is a constant."""
    for position, index in enumerate(graph.outputs):
        if graph.tensors[index].data is not None:
            yield position, graph.tensors[index].constant


def _ports(part: Part, role: str) -> dict:
    """Return the place and size in bytes of each input, and the C address of each output."""
    graph, places = part.graph, part.layout.offsets
    inputs = [(places[index], graph.tensors[index].nbytes) for index in graph.inputs]
    fixed = dict(_constants(graph))
    outputs = [
        Code(f"{role}_{i}_operand" if i in fixed else f"&arena[{places[index]}]")
        for i, index in enumerate(graph.outputs)
    ]
    return {"inputs": inputs, "outputs": outputs}
