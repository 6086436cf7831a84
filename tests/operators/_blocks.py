"""Random blocks and edges for SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND."""

import numpy as np


def blocks(draw, edged: bool = True):
    """Draw blocks, with edges if `edged` is set.

    Return the shape with all positions in space, the shape with the positions in the batch, the blocks and the
    edges."""
    axes = draw.integer(1, 2)
    size = draw.rng.integers(1, 4, axes)
    edges = draw.rng.integers(0, 3 if edged else 1, (axes, 2))
    counts = np.maximum(draw.rng.integers(1, 4, axes), -(-(edges.sum(1) + 1) // size))
    batch, depth = draw.integer(1, 2), draw.integer(1, 5)
    inside = (batch, *(counts * size - edges.sum(1)).tolist(), depth)
    return inside, (batch * int(size.prod()), *counts.tolist(), depth), size, edges
