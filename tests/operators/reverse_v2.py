"""REVERSE_V2."""

import numpy as np

from tests.operators._moved import moved


def case(draw) -> bytes:
    """Return a model that reverses one axis or several consecutive ones."""
    shape = draw.shape(draw.integer(1, 4))
    first = draw.integer(0, len(shape) - 1)
    axes = np.arange(first, draw.integer(first, len(shape) - 1) + 1)
    axes = draw.rng.permutation(axes) - draw.pick(0, len(shape))
    return moved(draw, "REVERSE_V2", shape, shape, (axes,), "ReverseV2Options", draw.pick("int8", "int16"))
