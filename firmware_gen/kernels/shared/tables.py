"""Elementwise operators as look-up tables: the simulator computes the results for all 256 values in advance."""

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type
from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output
from ticktalk.runtime_sim import ops
from ticktalk.runtime_sim.graphs.node import QUANTISED, Dtypes, Node

EIGHT_BITS: Dtypes = (np.int8, np.uint8)


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to one table look-up per element, in place where possible."""
    source, table = node.input(0, EIGHT_BITS), values(node)
    first = int(np.iinfo(source.dtype).min)
    context = {"size": source.size, "type": c_type(table), "source": c_type(np.empty(0, source.dtype)), "first": first}
    return Kernel(
        (Function("shared/table.c.j2", f"look_up_{source.size}", context),),
        (Input(0), Constant("table", table), Output(0)),
        f"y = table[x{f' + {-first}' if first else ''}]",
        in_place=(0,) if table.itemsize == 1 else (),
    )


def values(node: Node) -> np.ndarray:
    """Return the operator's results for all 256 values of its input's type, in ascending order."""
    node.output(0, QUANTISED)
    limits = np.iinfo(node.input(0, EIGHT_BITS).dtype)
    every = np.arange(limits.min, limits.max + 1).astype(limits.dtype)
    return np.asarray(ops.prepare(node)(every)).reshape(-1)
