"""SIGNAL_STACKER. See runtime_sim/ops/signal_stacker.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to a move of the rows that stay, a copy of the new one, and a copy of all rows when they are due."""
    size, channels = node.output(0, (np.int16,), plain=True).size, node.option("num_channels")
    context = {"size": size, "channels": channels, "step": node.option("stacker_step")}
    function = Function("signal_stacker.c.j2", f"stack_{size}", context)
    return Kernel((function,), (Input(0), Output(2), Output(0), Output(1)), f"y = the last {size // channels} rows")
