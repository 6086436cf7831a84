"""RESHAPE."""

from math import prod

from tests.operators import _reshaped


def case(draw) -> bytes:
    """Some axes merged; the shape is a second operand, sometimes with a -1, or in the options."""
    before = draw.shape(draw.integer(2, 4))
    cut = draw.integer(1, len(before))
    after = [prod(before[:cut]), *before[cut:]]
    if draw.pick(True, False):
        return _reshaped.case(draw, "RESHAPE", "ReshapeOptions", before, after, NewShape=list(after))
    return _reshaped.case(draw, "RESHAPE", None, before, after, [draw.pick(-1, after[0]), *after[1:]])
