"""SIGNAL_PCAN."""


def case(draw) -> bytes:
    """Return a model with a random table and a shift of up to 20 bits."""
    size = draw.integer(1, 20)
    source, noise, target = (draw.model.tensor((size,), "uint32") for _ in range(3))
    table = draw.model.integers(draw.values((125,), "int16"), "int16")
    draw.model.operator("SIGNAL_PCAN", [source, noise, table], [target], snr_shift=draw.integer(0, 20))
    return draw.finish([source, noise], [target])
