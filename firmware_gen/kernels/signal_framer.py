"""SIGNAL_FRAMER. See runtime_sim/ops/signal_framer.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to moves of the samples that stay, and copies of the new ones and of the frames."""
    *_, count, size = node.output(0, (np.int16,), plain=True).shape
    context = {"rows": node.input(1, (np.int16,), plain=True).shape[0], "count": count, "size": size}
    context["step"] = node.option("frame_step")
    function = Function("signal_framer.c.j2", f"frame_{size}", context)
    formula = f"y = the last {size} samples, every {context['step']} samples"
    return Kernel((function,), (Input(0), Output(2), Output(0), Output(1)), formula)
