"""BROADCAST_TO."""

from tests.operators._moved import moved


def case(draw) -> bytes:
    """Return a model that repeats some axes and adds others."""
    after = draw.shape(draw.integer(1, 5), 4)
    rank = draw.integer(1, len(after))
    before = tuple(draw.pick(1, extent) for extent in after[-rank:])
    return moved(draw, "BROADCAST_TO", before, after, (after,), "BroadcastToOptions", draw.pick("int8", "int16"))
