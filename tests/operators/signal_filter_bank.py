"""SIGNAL_FILTER_BANK."""

import numpy as np

from tests.operators._signal import signal


def case(draw) -> bytes:
    """Return a model with up to 9 channels, whose weights are negative in one of three models."""
    channels, bins, count = draw.integer(1, 9), draw.integer(1, 40), draw.integer(1, 60)
    weights = [draw.values((count,), "int16") for _ in range(2)]
    if draw.integer(0, 2):
        weights = [each & 0x7FFF for each in weights]
    width = draw.rng.integers(0, min(bins, count), channels + 1, endpoint=True)
    first, place = (draw.rng.integers(0, size - width, endpoint=True).astype(np.int16) for size in (bins, count))
    dtypes = "uint32", "uint64"
    constants = *weights, first, place, width
    return signal(draw, "SIGNAL_FILTER_BANK", (bins,), dtypes, *constants, output=(channels,), num_channels=channels)
