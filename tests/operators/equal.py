"""EQUAL."""

from tests.operators._pairs import compared


def case(draw) -> bytes:
    """Return a model with two broadcasting operands, the second of which is sometimes constant."""
    return compared(draw, "EQUAL", "EqualOptions")
