"""READ_VARIABLE."""

from tests.operators._ring import ring


def case(draw) -> bytes:
    """Return a model that reads a value that it has just assigned."""
    return ring(draw, assign_first=True)
