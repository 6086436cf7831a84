"""SIGNAL_FFT_AUTO_SCALE."""


def case(draw) -> bytes:
    """Return a model whose window makes the values small, so that they can be scaled."""
    shape = (draw.integer(1, 40),)
    source, small, large = (draw.model.tensor(shape, "int16") for _ in range(3))
    window, shift = draw.model.integers(draw.values(shape, "int16"), "int16"), draw.model.tensor((), "int32")
    draw.model.operator("SIGNAL_WINDOW", [source, window], [small], shift=draw.integer(13, 31))
    draw.model.operator("SIGNAL_FFT_AUTO_SCALE", [small], [large, shift])
    return draw.finish([source], [large, shift])
