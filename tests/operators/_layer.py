"""Random weights, biases and outputs of realistic magnitude for convolutions and dense layers."""

import numpy as np


def weights(draw, shape, dimension: int):
    """Add constant int8 weights, quantised per tensor or per channel along `dimension`.

    Return the tensor's index and the scales.
    """
    channels = shape[dimension]
    count = draw.pick(1, channels)
    scales = np.array([draw.scale(-9, -3) for _ in range(count)])
    index = draw.model.tensor(shape, "int8", scales, 0, dimension, draw.values(shape))
    return index, scales


def output_scale(draw, source_scale, scales, depth: int):
    """Return a scale that sometimes saturates the outputs and sometimes leaves most of their range unused."""
    return np.float32(source_scale * scales.max() * depth**0.5 * 2.0 ** draw.rng.uniform(-2, 9))


def bias(draw, channels: int, source_scale, scales, dtype: str = "int8"):
    """Return the index of a new bias tensor, or -1 for no bias.

    Bias values are sometimes large. The bias is int32, or int64 if `dtype`, the type of the activations, is int16.
    """
    if draw.integer(0, 4) == 0:
        return -1
    reach = draw.pick(0, 1000, 100000, 1 << 28)
    kind = "int32" if dtype == "int8" else "int64"
    values = draw.rng.integers(-reach, reach, channels, endpoint=True)
    return draw.model.tensor((channels,), kind, np.float32(source_scale) * np.float32(scales), 0, data=values)
