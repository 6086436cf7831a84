"""MEAN."""

from tests.operators._reduce import reduced


def case(draw) -> bytes:
    """Return a model that reduces any axes, which the output keeps or drops."""
    return reduced(draw, "MEAN")
