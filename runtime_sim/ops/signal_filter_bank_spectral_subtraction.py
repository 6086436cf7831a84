"""SignalFilterBankSpectralSubtraction: subtract an estimate of the noise, uint32 [C] -> results and estimates.

The estimates are smoothed over time, with separate factors for odd channels. The estimates are a variable of the model.
Sums and shifts wrap at 64 and at 32 bits. Source: signal/src/filter_bank_spectral_subtraction.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import CustomOptions
from ticktalk.runtime_sim.ops.shared import along_time, elementwise
from ticktalk.runtime_sim.ops.shared.kernel import ManyKernel

ALONG_TIME = along_time.MIXED
OPTIONS = CustomOptions(
    (
        "alternate_one_minus_smoothing", "alternate_smoothing", "clamping", "min_signal_remaining", "num_channels",
        "one_minus_smoothing", "smoothing", "smoothing_bits", "spectral_subtraction_bits",
    )
)  # fmt: skip


def prepare(node: Node) -> ManyKernel:
    """Return a kernel that returns the results and the new estimates."""
    node.count(2, outputs=2)
    source = elementwise.plain(node, np.uint32, np.uint32)
    node.output(1, (np.uint32,), source.shape)
    if source.shape != (node.option("num_channels"),):
        node.fail(f"{source.label} does not have {node.option('num_channels')} channels")
    up, down = node.option("smoothing_bits"), node.option("spectral_subtraction_bits")
    if not (0 <= up < 32 and 0 <= down < 64):
        node.fail(f"shifts of {up} and {down} bits are not supported")
    odd = np.arange(source.size) % 2 == 1
    rate, rest = (
        np.where(odd, node.option(f"alternate_{name}"), node.option(name)).astype(np.uint32).astype(np.uint64)
        for name in ("smoothing", "one_minus_smoothing")
    )
    remaining, clamping = np.uint64(node.option("min_signal_remaining") & 0xFFFFFFFF), node.option("clamping")

    def run(x: np.ndarray, noise: np.ndarray) -> list[np.ndarray]:
        raised = x << np.uint32(up)
        noise = (raised * rate + noise * rest >> np.uint64(down)).astype(np.uint32)
        below = np.minimum(noise, raised)
        floor = (x.astype(np.uint64) * remaining >> np.uint64(down)).astype(np.uint32)
        return [np.maximum(raised - below >> np.uint32(up), floor), below if clamping else noise]

    return run
