"""AVERAGE_POOL_2D."""

from tests.operators._pool import pool


def case(draw) -> bytes:
    """Any window, stride, padding, activation."""
    return pool(draw, "AVERAGE_POOL_2D")
