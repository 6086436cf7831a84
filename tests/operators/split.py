"""SPLIT."""


def case(draw) -> bytes:
    """Return a model that splits a random axis into one to four equal parts."""
    shape, parts = list(draw.shape(draw.integer(1, 4), 4)), draw.integer(1, 4)
    axis, scale, point = draw.integer(0, len(shape) - 1), draw.scale(), draw.zero_point()
    targets = [draw.activation_tensor(shape, scale=scale, zero_point=point) for _ in range(parts)]
    named = draw.model.integers([axis - draw.pick(0, len(shape))])
    shape[axis] *= parts
    source = draw.activation_tensor(shape, scale=scale, zero_point=point)
    draw.model.operator("SPLIT", [named, source], targets, "SplitOptions", NumSplits=parts)
    return draw.finish([source], targets)
