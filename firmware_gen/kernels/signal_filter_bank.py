"""SignalFilterBank. See runtime_sim/ops/signal_filter_bank.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.signal_filter_bank import bands


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to two products per bin of each band."""
    found, channels = bands(node), node.option("num_channels")
    pairs = np.stack([found.weights, found.unweights], axis=1)
    limits = np.stack([found.first, found.place, found.width], axis=1)
    # Products of non-negative weights need a single instruction.
    context = {"channels": channels, "narrow": bool(pairs.min() >= 0)}
    return Kernel(
        (Function("signal_filter_bank.c.j2", f"filter_bank_{channels}", context),),
        (Input(0), Constant("bank_weights", pairs), Constant("bands", limits), Output(0)),
        "y = sums over bands",
        macs=2 * int(found.width.sum()),
    )
