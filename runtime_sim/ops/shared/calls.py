"""Operators that run other graphs of the file. The graphs exchange values only through their inputs and outputs."""

import numpy as np

from ticktalk.runtime_sim.graphs.graph import Graph, Tensor
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.simulator import Simulator


def called(node: Node, role: str, inputs: list[Tensor], outputs: list[Tensor]) -> Simulator:
    """Return a simulator of the graph that `node` runs as `role`, for example "body".

    Raises `ModelError` unless the graph takes `inputs` and returns `outputs`, in shape and dtype.
    """
    graph: Graph = node.option(role)
    for kind, indices, tensors in (("inputs", graph.inputs, inputs), ("outputs", graph.outputs, outputs)):
        own = [graph.tensors[index] for index in indices]
        if [(each.shape, each.dtype) for each in own] != [(each.shape, each.dtype) for each in tensors]:
            node.fail(f"its graph '{role}' has other {kind} than the operator")
    return Simulator(graph)


def operands(node: Node, first: int) -> tuple[list[Tensor], list[Tensor]]:
    """Return the inputs of `node` from position `first` on, and its outputs."""
    if min(node.operator.inputs, default=-1) < 0 or len(node.operator.inputs) <= first or not node.operator.outputs:
        node.fail("has too few inputs or outputs")
    tensors = node.graph.tensors
    return [tensors[i] for i in node.operator.inputs[first:]], [tensors[i] for i in node.operator.outputs]


def condition(node: Node, tensor: Tensor) -> Tensor:
    """Return `tensor`, which must be a single bool."""
    if tensor.dtype != np.bool_ or tensor.size != 1:
        node.fail(f"the condition must be a single bool, but {tensor.label} is {tensor.dtype} {list(tensor.shape)}")
    return tensor
