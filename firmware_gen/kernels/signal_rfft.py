"""SignalRfft. See runtime_sim/ops/signal_rfft.py."""

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type
from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.runtime_sim.arithmetic import fixed_fft
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to the stages of the FFT, from the innermost to the outermost, in scratch memory."""
    source, length = node.input(0, (np.int16, np.int32), plain=True), node.option("fft_length")
    size = length // 2
    stages, inner = [], 1
    for radix in reversed(fixed_fft.radices(size)):
        stages.append({"radix": radix, "inner": inner, "blocks": size // (radix * inner)})
        inner *= radix
    circle, parting = fixed_fft.rotations(size, source.dtype)
    wide = source.dtype == np.int32
    context = {
        "type": c_type(np.empty(0, source.dtype)), "sum": "int64_t" if wide else "int32_t",
        "bits": 31 if wide else 15, "half": 1 << (30 if wide else 14),
        "most": np.iinfo(source.dtype).max, "size": size, "stages": stages,
        "given": source.shape[-1], "frames": source.size // source.shape[-1],
    }  # fmt: skip
    return Kernel(
        (
            Function("signal_product.c.j2", f"product_{context['type']}", context),
            Function("signal_rfft.c.j2", f"rfft_{length}", context),
        ),
        (
            Input(0), Constant("order", fixed_fft.order(size).astype(np.int16)), Constant("circle", circle),
            Constant("parting", parting), Scratch(), Output(0),
        ),
        f"y = FFT of {length} samples",
        scratch=length * source.dtype.itemsize,
    )  # fmt: skip
