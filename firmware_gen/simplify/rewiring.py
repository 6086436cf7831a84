"""Change the connections of a graph."""

from dataclasses import replace

from ticktalk.runtime_sim.graphs.graph import Graph


def without(graph: Graph, same: dict[int, int]) -> Graph:
    """Return `graph` without the operators that write the tensors in `same`.

    Readers of such a tensor read the tensor to which `same` maps it. Each operator must have a single output.
    """
    if not same:
        return graph

    def origin(index: int) -> int:
        while index in same:
            index = same[index]
        return index

    operators = [
        replace(operator, inputs=tuple(map(origin, operator.inputs)))
        for operator in graph.operators
        if operator.outputs[0] not in same
    ]
    return replace(graph, operators=tuple(operators))
