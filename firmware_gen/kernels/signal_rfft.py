"""SIGNAL_RFFT. See runtime_sim/ops/signal_rfft.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import fft
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to the stages of the FFT in scratch memory, and to the separation of the bins."""
    source = node.input(0, (np.int16, np.int32), plain=True)
    given = source.shape[-1]
    return fft.kernel(node, source, False, {"given": given, "frames": source.size // given})
