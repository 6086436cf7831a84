"""PADV2."""

from tests.operators.pad import padded


def case(draw) -> bytes:
    """Return a model that pads each side of every axis with up to three elements of a random value."""
    return padded(draw, "PADV2", "PadV2Options", _value)


def _value(draw, scale, point):
    return [draw.model.tensor((1,), "int8", scale, point, data=[draw.integer(-128, 127)])]
