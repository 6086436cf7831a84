"""REDUCE_MIN."""

from tests.operators._reduce import reduced


def case(draw) -> bytes:
    """Return a model that reduces random axes, with or without keeping the reduced dimensions."""
    return reduced(draw, "REDUCE_MIN", rescaled=False)
