"""DEPTH_TO_SPACE."""

from tests.operators._moved import moved


def case(draw) -> bytes:
    """Return a model with a random block size."""
    block, shape = draw.integer(1, 3), draw.shape(4, 4)
    before = (*shape[:3], shape[3] * block * block)
    after = (shape[0], shape[1] * block, shape[2] * block, shape[3])
    return moved(draw, "DEPTH_TO_SPACE", before, after, table="DepthToSpaceOptions", BlockSize=block)
