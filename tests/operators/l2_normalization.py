"""L2_NORMALIZATION."""


def case(draw) -> bytes:
    """Return a model with rows of random length."""
    shape = (*draw.shape(draw.integer(0, 3), 4), draw.integer(1, draw.pick(4, 40, 300)))
    source = draw.activation_tensor(shape)
    target = draw.activation_tensor(shape, scale=1 / 128, zero_point=0)
    draw.model.operator("L2_NORMALIZATION", [source], [target], "L2NormOptions")
    return draw.finish([source], [target])
