"""SIGNAL_RFFT."""

from tests.operators._signal import signal


def case(draw) -> bytes:
    """Return a model with transforms of 4 to 256 numbers, int16 or int32."""
    length, dtype = 1 << draw.integer(2, 8), draw.pick("int16", "int16", "int32")
    batch = draw.pick((), (1,), (draw.integer(2, 3),))
    shape = (*batch, draw.pick(length, draw.integer(1, length)))
    kind = {"int16": 7, "int32": 2}[dtype]
    output = (*batch, length + 2)
    return signal(draw, "SIGNAL_RFFT", shape, (dtype, dtype), output=output, T=kind, fft_length=length)
