"""LEAKY_RELU."""


def case(draw) -> bytes:
    """Return a model with a slope from 0 to 2 and different input and output scales."""
    scale = draw.scale()
    dtype = draw.pick("int8", "int8", "int16")
    source = draw.activation_tensor((256,), dtype, scale)
    target = draw.activation_tensor((256,), dtype, scale * 2.0 ** draw.rng.uniform(-3, 3))
    alpha = float(draw.pick(0.0, 0.1, 0.01, draw.rng.uniform(0, 2)))
    draw.model.operator("LEAKY_RELU", [source], [target], "LeakyReluOptions", Alpha=alpha)
    return draw.finish([source], [target])
