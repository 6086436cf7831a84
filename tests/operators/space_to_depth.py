"""SPACE_TO_DEPTH."""

from tests.operators._moved import moved


def case(draw) -> bytes:
    """Return a model with a random block size."""
    block, shape = draw.integer(1, 3), draw.shape(4, 4)
    before = (shape[0], shape[1] * block, shape[2] * block, shape[3])
    after = (*shape[:3], shape[3] * block * block)
    return moved(draw, "SPACE_TO_DEPTH", before, after, table="SpaceToDepthOptions", BlockSize=block)
