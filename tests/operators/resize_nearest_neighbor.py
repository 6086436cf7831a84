"""RESIZE_NEAREST_NEIGHBOR."""

from tests.operators._resize import resized


def case(draw) -> bytes:
    """Larger or smaller, with any of the three ways to place the samples."""
    return resized(draw, "RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions")
