"""EXPAND_DIMS."""

from tests.operators import _reshaped


def case(draw) -> bytes:
    """Return a model that inserts one axis of extent 1."""
    before = list(draw.shape(draw.integer(1, 3)))
    axis = draw.integer(0, len(before))
    return _reshaped.case(draw, "EXPAND_DIMS", "ExpandDimsOptions", before, [*before[:axis], 1, *before[axis:]], [axis])
