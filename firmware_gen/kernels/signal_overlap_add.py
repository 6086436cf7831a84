"""SIGNAL_OVERLAP_ADD. See runtime_sim/ops/signal_overlap_add.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to a saturating sum of each frame, and a move of the sums that are not complete."""
    *_, count, size = node.input(0, (np.int16,), plain=True).shape
    rows = node.input(1, (np.int16,), plain=True).shape[0]
    context = {"rows": rows, "count": count, "size": size, "step": node.option("frame_step")}
    function = Function("signal_overlap_add.c.j2", f"overlap_{size}", context)
    return Kernel((function,), (Input(0), Output(1), Output(0)), f"y = the sum of frames {context['step']} apart")
