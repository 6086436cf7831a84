"""SignalFilterBankSpectralSubtraction. See runtime_sim/ops/signal_filter_bank_spectral_subtraction.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to a loop over channels. The estimates are updated in place."""
    size = node.input(0, (np.uint32,)).size
    context = {name: value & 0xFFFFFFFF for name, value in node.operator.options.items()} | {"size": size}
    function = Function("signal_filter_bank_spectral_subtraction.c.j2", f"subtract_noise_{size}", context)
    formula = "y = x minus the smoothed estimate of the noise, which is output 1"
    return Kernel((function,), (Input(0), Output(0), Output(1)), formula, in_place=(0,))
