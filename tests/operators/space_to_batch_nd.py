"""SPACE_TO_BATCH_ND."""

from tests.operators._blocks import blocks
from tests.operators._moved import moved


def case(draw) -> bytes:
    """Return a model of rank 3 or 4 with random blocks and no padding."""
    space, batches, size, edges = blocks(draw, edged=False)
    return moved(draw, "SPACE_TO_BATCH_ND", space, batches, (size, edges))
