"""SIGNAL_WINDOW."""

from tests.operators._signal import signal


def case(draw) -> bytes:
    """Return a model with one to three frames and a shift of up to 20 bits."""
    shape = (draw.integer(1, 3), draw.integer(1, 40))
    window = draw.values(shape[1:], "int16")
    return signal(draw, "SIGNAL_WINDOW", shape, ("int16", "int16"), window, shift=draw.integer(0, 20))
