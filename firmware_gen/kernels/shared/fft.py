"""The FFT of real numbers, and its inverse. See runtime_sim/arithmetic/fixed_fft.py."""

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type
from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.runtime_sim.arithmetic import fixed_fft
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, source: Tensor, inverse: bool, further: dict) -> Kernel:
    """Compile to the stages of a transform, from the innermost to the outermost. `further` is context for the
    operator's template."""
    length = node.option("fft_length")
    size, name = length // 2, node.operator.name.removeprefix("SIGNAL_").lower()
    stages, inner = [], 1
    for radix in reversed(fixed_fft.radices(size)):
        stages.append({"radix": radix, "inner": inner, "blocks": size // (radix * inner)})
        inner *= radix
    circle, parting = fixed_fft.rotations(size, source.dtype, inverse)
    wide = source.dtype == np.int32
    context = {
        "type": c_type(np.empty(0, source.dtype)), "sum": "int64_t" if wide else "int32_t",
        "bits": 31 if wide else 15, "half": 1 << (30 if wide else 14),
        "most": np.iinfo(source.dtype).max, "size": size, "stages": stages, "inverse": inverse, **further,
    }  # fmt: skip
    return Kernel(
        (
            Function("signal_product.c.j2", f"product_{context['type']}", context),
            Function("signal_stages.c.j2", f"{name}_stages_{length}", context),
            Function(f"signal_{name}.c.j2", f"{name}_{length}", context),
        ),
        (
            Input(0), Constant("order", fixed_fft.order(size).astype(np.int16)), Constant("circle", circle),
            Constant("parting", parting), Scratch(), Output(0),
        ),
        f"y = {'inverse ' if inverse else ''}FFT of {length} samples",
        scratch=length * source.dtype.itemsize,
    )  # fmt: skip
