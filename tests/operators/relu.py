"""RELU."""


def case(draw) -> bytes:
    """Return a model whose output has its own scale."""
    shape, scale = draw.shape(draw.integer(1, 4)), draw.scale()
    dtype = draw.pick("int8", "int8", "int16")
    source = draw.activation_tensor(shape, dtype, scale)
    target = draw.activation_tensor(shape, dtype, scale * 2.0 ** draw.rng.uniform(-4, 4))
    draw.model.operator("RELU", [source], [target])
    return draw.finish([source], [target])
