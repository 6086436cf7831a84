"""ABS."""


def case(draw) -> bytes:
    """Return a model of int8 or int16 whose output sometimes has its own scale."""
    shape, dtype, scale = draw.shape(draw.integer(1, 4)), draw.pick("int8", "int8", "int16"), draw.scale()
    source = draw.activation_tensor(shape, dtype, scale)
    target = draw.activation_tensor(shape, dtype, scale * 2.0 ** draw.pick(0.0, draw.rng.uniform(-4, 4)))
    draw.model.operator("ABS", [source], [target], "AbsOptions")
    return draw.finish([source], [target])
