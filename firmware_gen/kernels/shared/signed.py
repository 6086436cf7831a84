"""Operators that scale positive and negative values by different factors: tables for int8, arithmetic for int16."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.firmware_gen.kernels.shared import tables
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node

Factor = tuple[int, int]  # multiplier and shift


def kernel(node: Node, isa: str, above: Factor, below: Factor, formula: str, flip: bool = False) -> Kernel:
    """Compile the operator of `node`. `flip` changes the sign of negative values before they are scaled."""
    source = node.input(0, ACTIVATIONS)
    if source.dtype == np.int8:
        return tables.kernel(node, isa)
    context = {"size": source.size, "above": above, "below": below, "flip": flip}
    hint = f"{node.operator.name.lower()}_{source.size}"
    return Kernel((Function("shared/signed.c.j2", hint, context),), (Input(0), Output(0)), formula, in_place=(0,))
