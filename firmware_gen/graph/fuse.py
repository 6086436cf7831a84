"""Fuse operators into the preceding layer to avoid storing the intermediate tensor.

An operator is fused into the layer that computes one of its operands if nothing else reads that operand. The following
operator must be an ADD or SUB of equal shapes, or map single values through a 256-entry table. The fused layer applies
the operator to its results block by block. The other operand of an ADD or SUB becomes input 3 of the layer. The layer
gets two additional options: `result`, the tensor that it would have written, and `epilogue`, the fused operator.
kernels/epilogue/epilogue.py generates the C code."""

from dataclasses import replace

from ticktalk.firmware_gen.kernels.epilogue import epilogue
from ticktalk.runtime_sim.graphs.graph import Graph, Operator


def fuse(graph: Graph, isa: str) -> Graph:
    """Return `graph` with operators fused where possible.

    A fused operator keeps the index of one of the two operators that it replaces.
    """
    for follower in graph.operators:
        for layer in _layers(graph, follower):
            if epilogue.possible(graph, layer, follower, isa):
                graph = _without(graph, layer, follower)
                break
    return graph


def title(operator: Operator) -> str:
    """Return an operator's display name, such as CONV_2D or CONV_2D + ADD."""
    return f"{operator.name} + {operator.options['epilogue'].name}" if "epilogue" in operator.options else operator.name


def unstored(graph: Graph) -> list[int]:
    """Return the indices of the tensors that fusion eliminated from memory."""
    return [operator.options["result"] for operator in graph.operators if "epilogue" in operator.options]


def _layers(graph: Graph, follower: Operator) -> list[Operator]:
    """Return the operators whose result is read exactly once, by `follower`, in reverse order."""
    found = [
        graph.producers[index] for index in follower.inputs
        if index in graph.producers and index not in graph.outputs
        and len(graph.consumers[index]) == 1 and follower.inputs.count(index) == 1
    ]  # fmt: skip
    return sorted(found, key=lambda operator: -operator.index)


def _without(graph: Graph, layer: Operator, follower: Operator) -> Graph:
    """Return `graph` with both operators fused into one.

    The fused operator takes the layer's position if the other operand is available by then, because this frees the
    layer's inputs earlier. Otherwise, it takes the follower's position.
    """
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
