"""Operators that are done to a layer's results block by block: the tensor between the two is never whole in memory.

An ADD or SUB of equal shapes, or an operator that is a table of 256 values, is put into the layer that computes one of
its operands, when nobody else reads that. The layer then has the sum's other operand as input 3, and two options:
`result`, the tensor that it would have written, and `epilogue`, the operator. kernels/epilogue/epilogue.py is the C of
it."""

from dataclasses import replace

from ticktalk.firmware_gen.kernels.epilogue import epilogue
from ticktalk.runtime_sim.graphs.graph import Graph, Operator


def fuse(graph: Graph, isa: str) -> Graph:
    """`graph` with fewer operators, each under the number that it or one of those that are in it had."""
    for follower in graph.operators:
        for layer in _layers(graph, follower):
            if epilogue.possible(graph, layer, follower, isa):
                graph = _without(graph, layer, follower)
                break
    return graph


def title(operator: Operator) -> str:
    """What an operator is called: CONV_2D, or CONV_2D + ADD."""
    return f"{operator.name} + {operator.options['epilogue'].name}" if "epilogue" in operator.options else operator.name


def unstored(graph: Graph) -> list[int]:
    """Tensors of a fused graph that are never stored."""
    return [operator.options["result"] for operator in graph.operators if "epilogue" in operator.options]


def _layers(graph: Graph, follower: Operator) -> list[Operator]:
    """Operators whose result only `follower` reads, once; the last one first."""
    found = [
        graph.producers[index] for index in follower.inputs
        if index in graph.producers and index not in graph.outputs
        and len(graph.consumers[index]) == 1 and follower.inputs.count(index) == 1
    ]  # fmt: skip
    return sorted(found, key=lambda operator: -operator.index)


def _without(graph: Graph, layer: Operator, follower: Operator) -> Graph:
    """Both as one operator: as early as the other operand is there, so that what the layer reads is needed no
    longer."""
    result = layer.outputs[0]
    others = tuple(index for index in follower.inputs if index != result)
    ready = all(index not in graph.producers or graph.producers[index].index < layer.index for index in others)
    inputs = (*layer.inputs, *[-1] * (epilogue.OTHER - len(layer.inputs)), *others)
    both = replace(
        layer, index=layer.index if ready else follower.index, inputs=inputs, outputs=follower.outputs,
        options=layer.options | {"result": result, "epilogue": follower},
    )  # fmt: skip
    operators = [operator for operator in graph.operators if operator not in (layer, follower)]
    return replace(graph, operators=tuple(sorted([*operators, both], key=lambda operator: operator.index)))
