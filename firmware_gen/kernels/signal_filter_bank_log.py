"""SignalFilterBankLog. See runtime_sim/ops/signal_filter_bank_log.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.signal_filter_bank_log import LOG_2, TABLE


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to one table look-up per channel."""
    size, scale = node.input(0, (np.uint32,)).size, node.option("output_scale")
    bits = node.option("input_correction_bits")
    context = {"size": size, "bits": bits, "scale": scale & 0xFFFFFFFF, "log_2": LOG_2}
    return Kernel(
        (Function("signal_filter_bank_log.c.j2", f"log_{size}", context),),
        (Input(0), Constant("logarithms", TABLE), Output(0)),
        f"y = log(x << {bits}) * {scale}",
    )
