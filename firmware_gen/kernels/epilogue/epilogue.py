"""What is applied to the results of a block of positions before they are stored: nothing, a sum with another tensor, or
a table.

See firmware_gen/graph/fuse.py. A table look-up uses the result while it is in a register. A sum needs more registers
than the accumulators leave free, so the results of a block go to scratch first."""

from dataclasses import dataclass

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Argument, Constant, Function, Input
from ticktalk.firmware_gen.kernels.shared import sums, tables
from ticktalk.runtime_sim.graphs.graph import Graph, Operator, Tensor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node

OTHER = 3  # the input at which a layer has a sum's other operand
_SIGNS = {"ADD": "+", "SUB": "-"}
_TABLES = ("RELU", "RELU6", "LEAKY_RELU", "HARD_SWISH", "LOGISTIC", "TANH", "RSQRT", "QUANTIZE")
_ISAS = ("portable", "dsp")


@dataclass(frozen=True, eq=False)
class Epilogue:
    """What follows a layer.

    `result`: the tensor that the layer itself computes, with its scale. `context`: for the templates that use
    epilogue/epilogue.c.j2. `functions`: the functions that they call. `arguments`: arguments of a call besides the
    layer's own. `formula`: its part of the comment.
    """

    result: Tensor
    context: dict
    functions: tuple[Function, ...] = ()
    arguments: tuple[Argument, ...] = ()
    formula: str = ""

    @property
    def sums(self) -> bool:
        """Whether another tensor is added, element by element."""
        return self.context["epilogue"] == "sum"


def possible(graph: Graph, layer: Operator, follower: Operator, isa: str) -> bool:
    """Whether `follower`, the only reader of the result of `layer`, can be applied to it before it is stored."""
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
    """Return the epilogue of the operator of `node`. It does nothing if the operator is not fused."""
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
