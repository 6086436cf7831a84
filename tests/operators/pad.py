"""PAD."""

import numpy as np


def case(draw) -> bytes:
    """Return a model that pads each side of every axis with up to three elements."""
    return padded(draw, "PAD", "PadOptions")


def padded(draw, name, table, extra=lambda draw, scale, point: []) -> bytes:
    """Return a model with a PAD or PADV2 operator. `extra` returns further operands."""
    shape = draw.shape(draw.integer(1, 4))
    edges = draw.rng.integers(0, 4, (len(shape), 2))
    scale, point = draw.scale(), draw.zero_point()
    source = draw.activation_tensor(shape, scale=scale, zero_point=point)
    target = draw.activation_tensor(np.array(shape) + edges.sum(1), scale=scale, zero_point=point)
    draw.model.operator(name, [source, draw.model.integers(edges), *extra(draw, scale, point)], [target], table)
    return draw.finish([source], [target])
