"""TRANSPOSE."""


def case(draw) -> bytes:
    """Return a model that permutes two to four axes randomly."""
    shape, scale, point = draw.shape(draw.integer(2, 4)), draw.scale(), draw.zero_point()
    order = draw.rng.permutation(len(shape))
    source = draw.activation_tensor(shape, scale=scale, zero_point=point)
    target = draw.activation_tensor([shape[axis] for axis in order], scale=scale, zero_point=point)
    draw.model.operator("TRANSPOSE", [source, draw.model.integers(order)], [target], "TransposeOptions")
    return draw.finish([source], [target])
