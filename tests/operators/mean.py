"""MEAN."""

from tests.operators._reduce import reduced


def case(draw) -> bytes:
    """Any axes, kept or dropped."""
    return reduced(draw, "MEAN")
