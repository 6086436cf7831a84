"""SignalRfft: the FFT of real x [..., M], padded with zeros, as `fft_length` / 2 + 1 complex int16 or int32.

Source: signal/micro/kernels/rfft.cc, and KISS FFT (arithmetic/fixed_fft.py).
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
    """Return a kernel that computes the transforms."""
    node.count(1)
    source, length = node.input(0, (np.int16, np.int32), plain=True), node.option("fft_length")
    fixed_fft.check(node, length)
    if not source.shape or source.shape[-1] > length:
        node.fail(f"{source.label} has shape {list(source.shape)}, longer than the transform of {length}")
    target = node.output(0, (source.dtype.type,), (*source.shape[:-1], length + 2), plain=True)

    def run(x: np.ndarray) -> np.ndarray:
        padded = np.zeros((*x.shape[:-1], length), x.dtype)
        padded[..., : x.shape[-1]] = x
        return fixed_fft.transform(padded).reshape(target.shape)

    return run
