"""RESIZE_NEAREST_NEIGHBOR."""

from tests.operators._resize import resized


def case(draw) -> bytes:
    """Return a model that enlarges or reduces an image, with one of the three sample alignments."""
    return resized(draw, "RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions")
