"""DYNAMIC_UPDATE_SLICE."""


def case(draw) -> bytes:
    """Return a model whose indices are sometimes out of range."""
    shape = draw.shape(draw.integer(1, 4))
    part = tuple(draw.integer(1, extent) for extent in shape)
    scale, point = draw.scale(), draw.zero_point()
    source, update, target = (draw.activation_tensor(each, "int8", scale, point) for each in (shape, part, shape))
    starts = draw.model.integers([draw.integer(-2, extent + 2) for extent in shape])
    draw.model.operator("DYNAMIC_UPDATE_SLICE", [source, update, starts], [target], "DynamicUpdateSliceOptions")
    return draw.finish([source, update], [target])
