"""ASSIGN_VARIABLE."""

from tests.operators._ring import ring


def case(draw) -> bytes:
    """Return a model that keeps the last rows of its input."""
    return ring(draw)
