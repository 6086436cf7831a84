"""SPLIT_V."""


def case(draw) -> bytes:
    """Return a model that splits a random axis into one to four parts of random size."""
    shape = list(draw.shape(draw.integer(1, 4), 4))
    axis, scale, point = draw.integer(0, len(shape) - 1), draw.scale(), draw.zero_point()
    targets, extents = [], [draw.integer(1, 4) for _ in range(draw.integer(1, 4))]
    for extent in extents:
        shape[axis] = extent
        targets.append(draw.activation_tensor(shape, scale=scale, zero_point=point))
    shape[axis] = sum(extents)
    source = draw.activation_tensor(shape, scale=scale, zero_point=point)
    operands = [source, draw.model.integers(extents), draw.model.integers([axis])]
    draw.model.operator("SPLIT_V", operands, targets, "SplitVOptions", NumSplits=len(extents))
    return draw.finish([source], targets)
