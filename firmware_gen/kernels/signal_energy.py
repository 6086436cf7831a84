"""SignalEnergy. See runtime_sim/ops/signal_energy.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to two products per bin."""
    bins = node.output(0, (np.uint32,)).size
    context = {"size": bins, "start": node.option("start_index"), "end": node.option("end_index")}
    return Kernel(
        (Function("signal_energy.c.j2", f"energy_{bins}", context),), (Input(0), Output(0)),
        "y = real^2 + imaginary^2", in_place=(0,),
    )  # fmt: skip
