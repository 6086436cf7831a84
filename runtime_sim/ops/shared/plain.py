"""Unquantised arithmetic with broadcasting: int32, which wraps, and products with constants in float32.

Float arithmetic is supported only at the end of a graph, after CAST.
"""

from collections.abc import Callable

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel


def is_plain(node: Node) -> bool:
    """Return whether the first operand is int32, or float32 that CAST has computed."""
    first = next(iter(node.operator.inputs), -1)
    if first < 0:
        return False
    producer = node.graph.producers.get(first)
    dtype = node.graph.tensors[first].dtype
    return dtype == np.int32 or (dtype == np.float32 and producer is not None and producer.name == "CAST")


def prepare(node: Node, function: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Kernel:
    """Return a kernel that applies `function` to two int32 operands."""
    node.count(2)
    for tensor in elementwise.operands(node, (np.int32,)):
        if tensor.scales.size:
            node.fail(f"int32 {tensor.label} must not be quantised")
    _no_activation(node)

    def run(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return function(a.astype(np.int64), b.astype(np.int64)).astype(np.int32)

    return run


def product(node: Node) -> Kernel:
    """Return a kernel that multiplies two int32 operands, or float32 by a constant."""
    if node.graph.tensors[node.operator.inputs[0]].dtype == np.int32:
        return prepare(node, np.multiply)
    node.count(2)
    elementwise.operands(node, (np.float32,))
    at_the_end(node)
    _no_activation(node)
    if not np.isfinite(node.constant(1, (np.float32,))).all():
        node.fail("the factor is not finite")
    return np.multiply


def at_the_end(node: Node, before: str = "") -> None:
    """Refuse float32 inside the graph, except as an input of the operator `before`."""
    for target in (node.graph.tensors[index] for index in node.operator.outputs):
        readers = {each.name for each in node.graph.consumers.get(target.index, ())}
        if readers - {before} or not (readers or target.index in node.graph.outputs):
            node.fail(f"{target.label} is float32 inside the graph: convert the model to full int8 first")


def _no_activation(node: Node) -> None:
    if node.operator.options.get("activation", "NONE") != "NONE":
        node.fail("a fused activation is not supported without a quantisation")
