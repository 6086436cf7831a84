"""SIGNAL_FILTER_BANK_LOG."""

from tests.operators._signal import signal


def case(draw) -> bytes:
    """Return a model with a random scale and correction."""
    options = {"input_correction_bits": draw.integer(0, 10), "output_scale": draw.pick(64, draw.integer(1, 3000))}
    return signal(draw, "SIGNAL_FILTER_BANK_LOG", (draw.integer(1, 40),), ("uint32", "int16"), **options)
