"""ARG_MIN."""

from tests.operators._extreme import extreme


def case(draw) -> bytes:
    """Return a model that searches a random axis."""
    return extreme(draw, "ARG_MIN")
