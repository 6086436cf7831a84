"""TANH."""


def case(draw) -> bytes:
    """Return an int8 model with one element for each value, or an int16 model, with a random input scale."""
    dtype = draw.pick("int8", "int8", "int16")
    low, high = (-9, 1) if dtype == "int8" else (-16, -10)
    source = draw.activation_tensor((256,), dtype, draw.scale(low, high))
    scale, point = (1 / 128, 0) if dtype == "int8" else (2.0**-15, 0)
    target = draw.activation_tensor((256,), dtype, scale, point)
    draw.model.operator("TANH", [source], [target])
    return draw.finish([source], [target])
