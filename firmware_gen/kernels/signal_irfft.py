"""SIGNAL_IRFFT. See runtime_sim/ops/signal_irfft.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import fft
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to the preparation of complex numbers from the bins, and to the stages of their FFT."""
    source = node.input(0, (np.int16, np.int32), plain=True)
    return fft.kernel(node, source, True, {"frames": source.size // source.shape[-1]})
