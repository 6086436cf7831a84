"""SignalFftAutoScale. See runtime_sim/ops/signal_fft_auto_scale.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to a search for the greatest magnitude, and a shift."""
    size = node.input(0, (np.int16,), plain=True).size
    function = Function("signal_fft_auto_scale.c.j2", f"auto_scale_{size}", {"size": size})
    return Kernel((function,), (Input(0), Output(0), Output(1)), "y = x << shift", in_place=(0,))
