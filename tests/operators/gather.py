"""GATHER."""


def case(draw) -> bytes:
    """Return a model with constant indices of rank 1 or 2 and a random axis."""
    shape, scale, point = draw.shape(draw.integer(1, 3)), draw.scale(), draw.zero_point()
    axis = draw.integer(0, len(shape) - 1)
    indices = draw.rng.integers(0, shape[axis], draw.shape(draw.integer(1, 2)))
    source = draw.activation_tensor(shape, scale=scale, zero_point=point)
    after = (*shape[:axis], *indices.shape, *shape[axis + 1 :])
    target = draw.activation_tensor(after, scale=scale, zero_point=point)
    draw.model.operator(
        "GATHER",
        [source, draw.model.integers(indices)],
        [target],
        "GatherOptions",
        Axis=axis - draw.pick(0, len(shape)),
    )
    return draw.finish([source], [target])
