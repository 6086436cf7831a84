"""SOFTMAX."""


def case(draw) -> bytes:
    """Return a model with an input of rank 2 to 4 and a random input scale. Beta is usually 1."""
    shape = (*draw.shape(draw.integer(1, 3), 4), draw.integer(1, 40))
    dtype = draw.pick("int8", "int8", "int16")
    low, high, scale, point = (-10, 1, 1 / 256, -128) if dtype == "int8" else (-18, -6, 2.0**-15, 0)
    source = draw.activation_tensor(shape, dtype, draw.scale(low, high))
    if dtype == "int8" and draw.integer(0, 3) == 0:  # int16 results of int8 values
        target = draw.model.tensor(shape, "int16", 2.0**-16, -32768)
    else:
        target = draw.activation_tensor(shape, dtype, scale, point)
    beta = draw.pick(1.0, 1.0, float(draw.rng.uniform(0.1, 3)))
    draw.model.operator("SOFTMAX", [source], [target], "SoftmaxOptions", Beta=beta)
    return draw.finish([source], [target])
