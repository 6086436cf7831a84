"""Random models of operators that change only the shape."""


def case(draw, name, table, before, after, second=None, **fields) -> bytes:
    """Return a model of operator `name` that changes the shape from `before` to `after`."""
    scale, point = draw.scale(), draw.zero_point()
    source = draw.activation_tensor(before, scale=scale, zero_point=point)
    target = draw.activation_tensor(after, scale=scale, zero_point=point)
    extra = [] if second is None else [draw.model.integers(second)]
    draw.model.operator(name, [source, *extra], [target], table, **fields)
    return draw.finish([source], [target])
