"""SignalFilterBankSquareRoot. See runtime_sim/ops/signal_filter_bank_square_root.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to one step per bit of each root."""
    size = node.input(0, (np.uint64,)).size
    function = Function("signal_filter_bank_square_root.c.j2", f"square_root_{size}", {"size": size})
    return Kernel((function,), (Input(0), Input(1), Output(0)), "y = sqrt(x) >> shift")
