"""MIRROR_PAD."""

import numpy as np

from tests.operators._moved import moved


def case(draw) -> bytes:
    """Return a model that pads by mirroring, with or without the edge."""
    shape, mode = draw.shape(draw.integer(1, 4)), draw.integer(0, 1)
    edges = np.array([draw.rng.integers(0, extent + mode, 2) for extent in shape])
    after = np.array(shape) + edges.sum(1)
    return moved(draw, "MIRROR_PAD", shape, after, (edges,), "MirrorPadOptions", Mode=mode)
