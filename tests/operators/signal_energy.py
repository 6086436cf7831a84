"""SIGNAL_ENERGY."""

from tests.operators._signal import signal


def case(draw) -> bytes:
    """Return a model that computes all bins, because TFLite Micro does not write bins that it does not compute."""
    bins = draw.integer(1, 40)
    dtypes = "int16", "uint32"
    return signal(draw, "SIGNAL_ENERGY", (2 * bins,), dtypes, output=(bins,), end_index=bins, start_index=0)
