"""Elementwise operators with two operands, which broadcast: loops over both inputs and the output."""

import numpy as np

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.arrays import c_type
from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.firmware_gen.graph.loops import nest
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node


def kernel(node: Node, template: str, context: dict, formula: str) -> Kernel:
    """Compile an elementwise operator. `template`, rendered with `context`, extends `shared/binary.c.j2` and computes
    the value of one element."""
    first, second, target = operands(node)
    numbers = [
        np.broadcast_to(np.arange(tensor.size).reshape(tensor.shape), target.shape).reshape(-1)
        for tensor in (first, second, target)
    ]
    loops = nest(np.stack(numbers, axis=1))
    if loops is None:
        raise BuildError(f"{node.graph.name}: {node.operator.label}: broadcasting of this pattern is not supported")
    # An operand of the output's size may be overwritten: each element is read before its place is written.
    in_place = tuple(i for i, tensor in enumerate((first, second)) if tensor.size == target.size)
    hint = f"{node.operator.name.lower()}_{target.size}"
    context = {"loops": loops, "size": target.size, "type": c_type(np.empty(0, target.dtype)), **context}
    return Kernel((Function(template, hint, context),), (Input(0), Input(1), Output(0)), formula, in_place=in_place)


def operands(node: Node) -> tuple[Tensor, Tensor, Tensor]:
    """Return both operands and the result, int8 or int16."""
    tensors = node.input(0, ACTIVATIONS), node.input(1, ACTIVATIONS), node.output(0, ACTIVATIONS)
    for tensor in tensors:
        # TFLite requires 0 for int16, and the arithmetic has no headroom for anything else.
        if tensor.dtype == np.int16 and tensor.zero_point:
            raise BuildError(
                f"{node.graph.name}: {node.operator.label}: int16 {tensor.label} has a zero point other than 0, which "
                f"is not supported"
            )
    return tensors
