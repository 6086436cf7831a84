"""SIGNAL_IRFFT."""

from tests.operators._signal import signal


def case(draw) -> bytes:
    """Return a model with inverse transforms to 4 to 256 numbers, int16 or int32."""
    length, dtype = 1 << draw.integer(2, 8), draw.pick("int16", "int16", "int32")
    batch, kind = draw.pick((), (1,), (draw.integer(2, 3),)), {"int16": 7, "int32": 2}[dtype]
    shape, output = (*batch, length + 2), (*batch, length)
    return signal(draw, "SIGNAL_IRFFT", shape, (dtype, dtype), output=output, T=kind, fft_length=length)
