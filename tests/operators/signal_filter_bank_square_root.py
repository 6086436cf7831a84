"""SIGNAL_FILTER_BANK_SQUARE_ROOT."""


def case(draw) -> bytes:
    """Return a model with a random shift, whose values are of any size."""
    size = draw.integer(1, 20)
    values, bins = draw.model.tensor((size,), "uint64"), draw.model.tensor((size,), "uint32")
    shift, roots = draw.model.tensor((1,), "int32"), draw.model.tensor((size,), "uint32")
    bits = draw.model.tensor((), "int32")
    weights = [draw.model.integers(draw.values((size + 1,), "int16") >> draw.integer(0, 15), "int16") for _ in range(2)]
    bands = [draw.model.integers(each, "int16") for each in ([0, *range(size)], [0, *range(size)], [0] + [1] * size)]
    draw.model.operator("SIGNAL_FILTER_BANK", [bins, *weights, *bands], [values], num_channels=size)
    draw.model.operator("RESHAPE", [shift], [bits], "ReshapeOptions")
    draw.model.operator("SIGNAL_FILTER_BANK_SQUARE_ROOT", [values, bits], [roots])
    return draw.finish([bins, shift], [roots])
