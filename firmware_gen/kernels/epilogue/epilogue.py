"""Epilogues: a sum with another tensor or a table look-up, applied to a layer's results before they are stored.

See firmware_gen/graph/fuse.py. A table look-up is applied while the result is in a register. A sum needs more registers
than the accumulators leave free, so the results of a block are written to scratch first."""

from dataclasses import dataclass

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Argument, Constant, Function, Input
from ticktalk.firmware_gen.kernels.shared import sums, tables
from ticktalk.runtime_sim.graphs.graph import Graph, Operator, Tensor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node

OTHER = 3  # the input position of a sum's other operand
_SIGNS = {"ADD": "+", "SUB": "-"}
_TABLES = ("RELU", "RELU6", "LEAKY_RELU", "HARD_SWISH", "LOGISTIC", "TANH", "RSQRT", "QUANTIZE")
_ISAS = ("portable", "dsp")


@dataclass(frozen=True, eq=False)
class Epilogue:
    """The epilogue of a layer.

    `result` is the tensor that the layer computes before the epilogue. `context` is for templates that use
    epilogue/epilogue.c.j2, and `functions` are the functions that these templates call. `arguments` are appended to the
    layer's arguments, and `formula` to its comment.
    """

    result: Tensor
    context: dict
    functions: tuple[Function, ...] = ()
    arguments: tuple[Argument, ...] = ()
    formula: str = ""

    @property
    def sums(self) -> bool:
        """Whether the epilogue adds or subtracts another tensor element by element."""
        return self.context["epilogue"] == "sum"


def possible(graph: Graph, layer: Operator, follower: Operator, isa: str) -> bool:
    """Return whether `follower` can become the epilogue of `layer`, provided that nothing else reads its result."""
    if isa not in _ISAS or layer.name not in ("CONV_2D", "FULLY_CONNECTED") or "epilogue" in layer.options:
        return False
    source, weights = (graph.tensors[index] for index in layer.inputs[:2])
    result, target = graph.tensors[layer.outputs[0]], graph.tensors[follower.outputs[0]]
    groups = layer.name == "CONV_2D" and weights.shape[-1] != source.shape[-1]
    if groups or not source.dtype == result.dtype == target.dtype == np.int8:
        return False
    if follower.name in _TABLES:
        return True
    # A single position has no blocks.
    return follower.name in _SIGNS and result.size > result.shape[-1] and _total(graph, follower).equal(isa)


def epilogue_of(node: Node, isa: str) -> Epilogue:
    """Return the epilogue of the operator of `node`, which is empty if the operator is not fused."""
    follower = node.operator.options.get("epilogue")
    if follower is None:
        return Epilogue(node.output(0, ACTIVATIONS), {"epilogue": None})
    graph, index = node.graph, node.operator.options["result"]
    if follower.name in _TABLES:
        table = Constant("table", tables.values(Node(follower, graph)))
        return Epilogue(graph.tensors[index], {"epilogue": "table"}, (), (table,), f"; then {follower.name} by a table")
    total = _total(graph, follower)
    context = {"epilogue": "sum", "value_first": follower.inputs.index(index) == 0}
    return Epilogue(
        graph.tensors[index],
        context,
        (total.function(isa),),
        (Input(OTHER), total.constants(isa)),
        f"; then {total.formula}",
    )


def _total(graph: Graph, follower: Operator) -> sums.Sum:
    return sums.Sum.of(Node(follower, graph), _SIGNS[follower.name])
