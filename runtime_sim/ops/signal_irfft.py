"""SignalIrfft: the inverse FFT of `fft_length` / 2 + 1 complex int16 or int32 -> [..., fft_length].

Source: signal/micro/kernels/irfft.cc, and KISS FFT (arithmetic/fixed_fft.py).
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic import fixed_fft
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import CustomOptions
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = CustomOptions(("T", "fft_length"))


def prepare(node: Node) -> Kernel:
    """Return a kernel that computes the inverse transforms."""
    node.count(1)
    source, length = node.input(0, (np.int16, np.int32), plain=True), node.option("fft_length")
    fixed_fft.check(node, length)
    if source.shape[-1:] != (length + 2,):
        node.fail(f"{source.label} has shape {list(source.shape)}, not {length + 2} values for each transform")
    outer = source.shape[:-1]
    node.output(0, (source.dtype.type,), (*outer, length), plain=True)
    return lambda x: fixed_fft.inverse(x.reshape(*outer, length // 2 + 1, 2))
