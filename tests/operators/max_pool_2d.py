"""MAX_POOL_2D."""

from tests.operators._pool import pool


def case(draw) -> bytes:
    """Any window, stride, padding, activation."""
    return pool(draw, "MAX_POOL_2D")
