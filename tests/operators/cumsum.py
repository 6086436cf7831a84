"""CUMSUM."""


def case(draw) -> bytes:
    """Return a model with a random axis, inclusive or exclusive, in either direction."""
    shape, scale = draw.shape(draw.integer(1, 4), 7), draw.scale()
    axis = draw.integer(0, len(shape) - 1)
    source = draw.activation_tensor(shape, scale=scale)
    target = draw.activation_tensor(shape, scale=scale * 2.0 ** draw.rng.uniform(-4, 4))
    where = draw.model.tensor((), "int32", data=axis - draw.pick(0, len(shape)))
    exclusive, reverse = draw.pick(True, False), draw.pick(True, False)
    draw.model.operator("CUMSUM", [source, where], [target], "CumsumOptions", Exclusive=exclusive, Reverse=reverse)
    return draw.finish([source], [target])
