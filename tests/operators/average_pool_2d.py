"""AVERAGE_POOL_2D."""

from tests.operators._pool import pool


def case(draw) -> bytes:
    """Return a model with a random window, stride, padding and activation."""
    return pool(draw, "AVERAGE_POOL_2D")
