"""SIGNAL_DELAY."""

from tests.operators._signal import signal


def case(draw) -> bytes:
    """Return a model that delays its input by up to 40 samples, which may exceed the samples of one run."""
    shape = (*draw.pick((), (draw.integer(1, 3),)), draw.integer(1, 30))
    return signal(draw, "SIGNAL_DELAY", shape, ("int16", "int16"), delay_length=draw.integer(1, 40))
