"""RESHAPE."""

from math import prod

from tests.operators import _reshaped


def case(draw) -> bytes:
    """Return a model that merges some axes.

    The shape is in the options or in a second operand, where it sometimes contains -1.
    """
    before = draw.shape(draw.integer(2, 4))
    cut = draw.integer(1, len(before))
    after = [prod(before[:cut]), *before[cut:]]
    if draw.pick(True, False):
        return _reshaped.case(draw, "RESHAPE", "ReshapeOptions", before, after, NewShape=list(after))
    return _reshaped.case(draw, "RESHAPE", None, before, after, [draw.pick(-1, after[0]), *after[1:]])
