"""Elementwise operators with two operands and broadcasting."""

import numpy as np

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.arrays import c_type
from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.firmware_gen.graph.loops import Loop, nest
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node


def kernel(node: Node, template: str, context: dict, formula: str) -> Kernel:
    """Compile an elementwise operator to loops over both inputs and the output.

    `template` extends `shared/binary.c.j2` and computes the value of one element. `context` holds the template's
    variables, and `formula` is the comment above the call.

    Raises BuildError if the broadcasting pattern is not supported.
    """
    return over(node, operands(node), template, context, formula)


def over(node: Node, tensors: tuple[Tensor, Tensor, Tensor], template: str, context: dict, formula: str) -> Kernel:
    """Compile like `kernel`, for the two operands and the result `tensors` of any type."""
    first, second, target = tensors
    # An operand of the output's size may be overwritten, because each element is read before its address is written.
    sizes = [(tensor.size, tensor.nbytes) for tensor in tensors]
    in_place = tuple(i for i in range(2) if sizes[i] == sizes[2])
    hint = f"{node.operator.name.lower()}_{target.size}"
    context = {
        "loops": loops(node, first, second, target),
        "size": target.size,
        "type": c_type(np.empty(0, target.dtype)),
        **context,
    }
    context |= {"first": c_type(np.empty(0, first.dtype)), "second": c_type(np.empty(0, second.dtype))}
    return Kernel((Function(template, hint, context),), (Input(0), Input(1), Output(0)), formula, in_place=in_place)


def loops(node: Node, *tensors: Tensor) -> list[Loop]:
    """Return the loops over tensors that are broadcast to the shape of the last one, the result.

    Raises BuildError if the broadcasting pattern is not supported.
    """
    shape = tensors[-1].shape
    numbers = [np.broadcast_to(np.arange(tensor.size).reshape(tensor.shape), shape).reshape(-1) for tensor in tensors]
    found = nest(np.stack(numbers, axis=1))
    if found is None:
        raise BuildError(f"{node.graph.name}: {node.operator.label}: this broadcasting pattern is not supported")
    return found


def operands(node: Node) -> tuple[Tensor, Tensor, Tensor]:
    """Return both operands and the result as tensors of int8 or int16.

    Raises BuildError if an int16 tensor has a zero point other than 0.
    """
    tensors = node.input(0, ACTIVATIONS), node.input(1, ACTIVATIONS), node.output(0, ACTIVATIONS)
    for tensor in tensors:
        # TFLite requires a zero point of 0 for int16, and the arithmetic has no headroom for other values.
        if tensor.dtype == np.int16 and tensor.zero_point:
            raise BuildError(
                f"{node.graph.name}: {node.operator.label}: int16 {tensor.label} has a zero point other than 0, which "
                f"is not supported"
            )
    return tensors
