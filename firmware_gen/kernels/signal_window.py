"""SignalWindow. See runtime_sim/ops/signal_window.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to one product per sample."""
    source, window = node.input(0, (np.int16,), plain=True), node.constant(1, (np.int16,), plain=True)
    context = {"frames": source.size // window.size, "size": window.size, "shift": node.option("shift")}
    return Kernel(
        (Function("signal_window.c.j2", f"window_{source.size}", context),),
        (Input(0), Constant("window", window), Output(0)),
        f"y = clamp((x * window) >> {context['shift']})",
        in_place=(0,),
    )
