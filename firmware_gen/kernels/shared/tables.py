"""Elementwise operators as look-up tables: the simulator computes the results for all 256 int8 values in advance."""

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type
from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output
from ticktalk.runtime_sim import ops
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to one table look-up per element, in place where possible."""
    size, table = node.input(0).size, values(node)
    return Kernel(
        (Function("shared/table.c.j2", f"look_up_{size}", {"size": size, "type": c_type(table)}),),
        (Input(0), Constant("table", table), Output(0)),
        "y = table[x + 128]",
        in_place=(0,) if table.dtype == np.int8 else (),
    )


def values(node: Node) -> np.ndarray:
    """Return the operator's results for -128 .. 127, int8 or int16 [256]."""
    node.output(0, ACTIVATIONS)
    return np.asarray(ops.prepare(node)(np.arange(-128, 128, dtype=np.int8))).reshape(-1)
