"""RESIZE_BILINEAR."""

from tests.operators._resize import resized


def case(draw) -> bytes:
    """Larger or smaller, with any of the three sample alignments."""
    return resized(draw, "RESIZE_BILINEAR", "ResizeBilinearOptions")
