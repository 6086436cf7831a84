"""GATHER_ND."""

import numpy as np

from tests.operators._moved import moved


def case(draw) -> bytes:
    """Return a model that selects elements or slices."""
    shape = draw.shape(draw.integer(1, 4))
    axes = draw.integer(1, len(shape))
    count = draw.shape(draw.integer(0, 2) or 1)
    indices = np.stack([draw.rng.integers(0, extent, count) for extent in shape[:axes]], axis=-1)
    return moved(draw, "GATHER_ND", shape, (*count, *shape[axes:]), (indices,), "GatherNdOptions")
