"""BATCH_TO_SPACE_ND."""

from tests.operators._blocks import blocks
from tests.operators._moved import moved


def case(draw) -> bytes:
    """Return a model of rank 3 or 4 with random blocks and crops."""
    space, batches, size, edges = blocks(draw)
    return moved(draw, "BATCH_TO_SPACE_ND", batches, space, (size, edges))
