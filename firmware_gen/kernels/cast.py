"""CAST: a conversion in C, or a view if both types have the same representation. See runtime_sim/ops/cast.py."""

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type
from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output, View
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel | View:
    """Compile to one conversion per element, unless both types have the same representation."""
    source, target = (node.graph.tensors[each[0]] for each in (node.operator.inputs, node.operator.outputs))
    if source.dtype.itemsize == target.dtype.itemsize and target.dtype != np.float32 and source.data is None:
        return View(0, (0,))
    types = [c_type(np.empty(0, tensor.dtype)) for tensor in (source, target)]
    context = {"source": types[0], "target": types[1], "size": source.size}
    formula = f"y = x, from {source.dtype} to {target.dtype}"
    return Kernel((Function("cast.c.j2", f"cast_{source.size}", context),), (Input(0), Output(0)), formula)
