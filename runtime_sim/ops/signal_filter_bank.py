"""SignalFilterBank: energies uint32 [N] -> uint64 [C], the sums over overlapping bands.

Each of the C + 1 bands has a first bin, a width, and the position of its weights: constant int16 [C + 1]. Each bin adds
to the band's own channel, times a weight, and to the next channel, times an "unweight". Sums wrap at 64 bits, and the
first channel is discarded. Source: signal/src/filter_bank.cc.
"""

from typing import NamedTuple

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import CustomOptions
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = CustomOptions(("num_channels",))


class Bands(NamedTuple):
    """The constants of the operator, as int16 arrays."""

    weights: np.ndarray
    unweights: np.ndarray
    first: np.ndarray
    place: np.ndarray
    width: np.ndarray


def prepare(node: Node) -> Kernel:
    """Return a kernel that sums the bands."""
    node.count(6)
    source, channels = node.input(0, (np.uint32,), 1), node.option("num_channels")
    node.output(0, (np.uint64,), (channels,))
    found = bands(node)
    if any(each.shape != (channels + 1,) for each in found[2:]) or found.weights.shape != found.unweights.shape:
        node.fail(f"the constants do not match {channels} channels")
    for first, size in ((found.first, source.size), (found.place, found.weights.size)):
        if found.width.min() < 0 or first.min() < 0 or np.any(first.astype(int) + found.width > size):
            node.fail("a band is outside the input or the weights")

    def run(x: np.ndarray, *_: np.ndarray) -> np.ndarray:
        sums = np.zeros(channels + 2, np.uint64)
        for i in range(channels + 1):
            bins = x[found.first[i] :][: found.width[i]].astype(np.uint64)
            for shift, weights in enumerate((found.weights, found.unweights)):
                factors = weights[found.place[i] :][: found.width[i]].astype(np.int64).view(np.uint64)
                sums[i + shift :][:1] += (bins * factors).sum(dtype=np.uint64)
        return sums[1:-1]

    return run


def bands(node: Node) -> Bands:
    """Return the constants."""
    return Bands(*(node.constant(position, (np.int16,), plain=True).reshape(-1) for position in range(1, 6)))
