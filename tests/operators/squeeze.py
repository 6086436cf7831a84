"""SQUEEZE."""

from tests.operators import _reshaped


def case(draw) -> bytes:
    """Return a model that drops one axis of extent 1."""
    before = list(draw.shape(draw.integer(2, 4)))
    axis = draw.integer(0, len(before) - 1)
    before[axis] = 1
    after = before[:axis] + before[axis + 1 :]
    return _reshaped.case(draw, "SQUEEZE", "SqueezeOptions", before, after, SqueezeDims=[axis])
