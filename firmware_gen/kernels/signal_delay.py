"""SIGNAL_DELAY. See runtime_sim/ops/signal_delay.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to copies between the input, the state and the output."""
    rows, delay = node.input(1, (np.int16,), plain=True).shape
    size = node.input(0, (np.int16,), plain=True).shape[-1]
    function = Function("signal_delay.c.j2", f"delay_{size}", {"rows": rows, "size": size, "delay": delay})
    return Kernel((function,), (Input(0), Output(1), Output(0)), f"y = x, {delay} samples later")
