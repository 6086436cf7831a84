"""SIGNAL_OVERLAP_ADD."""

from tests.operators._signal import signal


def case(draw) -> bytes:
    """Return a model that adds frames of up to 40 samples."""
    batch, count, size = draw.pick((), (draw.integer(1, 3),)), draw.integer(1, 4), draw.integer(1, 40)
    step, dtypes = draw.integer(1, size), ("int16", "int16")
    output = (*batch, count * step)
    return signal(draw, "SIGNAL_OVERLAP_ADD", (*batch, count, size), dtypes, output=output, T=7, frame_step=step)
