"""MAX_POOL_2D."""

from tests.operators._pool import pool


def case(draw) -> bytes:
    """Return a model with a random window, stride, padding and activation."""
    return pool(draw, "MAX_POOL_2D")
