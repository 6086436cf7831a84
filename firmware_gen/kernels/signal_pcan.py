"""SignalPCAN. See runtime_sim/ops/signal_pcan.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.signal_pcan import TABLE


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to one quadratic function per channel."""
    size, table = node.input(0, (np.uint32,)).size, node.constant(2, (np.int16,), plain=True)
    context = {"size": size, "shift": node.option("snr_shift")}
    return Kernel(
        (Function("signal_pcan.c.j2", f"pcan_{size}", context),),
        (Input(0), Input(1), Constant("gains", table.reshape(-1)[:TABLE]), Output(0)),
        "y = shrink(x * gain(noise))",
        in_place=(0,),
    )
