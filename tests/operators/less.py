"""LESS."""

from tests.operators._pairs import compared


def case(draw) -> bytes:
    """Return a model with two broadcasting operands, of which the second is sometimes constant."""
    return compared(draw, "LESS", "LessOptions")
