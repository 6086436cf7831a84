"""ADD_N."""


def case(draw) -> bytes:
    """Return a model with two to six operands."""
    shape, scale, point = draw.shape(draw.integer(1, 4)), draw.scale(), draw.zero_point()
    sources = [draw.activation_tensor(shape, "int8", scale, point) for _ in range(draw.integer(2, 6))]
    target = draw.activation_tensor(shape, scale=scale * 2.0 ** draw.rng.uniform(-4, 4))
    draw.model.operator("ADD_N", sources, [target], "AddNOptions")
    return draw.finish(sources, [target])
