"""UNPACK."""


def case(draw) -> bytes:
    """Return a model that unpacks a random axis of extent 1 to 6."""
    shape = list(draw.shape(draw.integer(2, 4)))
    axis, scale, point = draw.integer(0, len(shape) - 1), draw.scale(), draw.zero_point()
    source = draw.activation_tensor(shape, scale=scale, zero_point=point)
    after = shape[:axis] + shape[axis + 1 :]
    targets = [draw.activation_tensor(after, scale=scale, zero_point=point) for _ in range(shape[axis])]
    named = axis - draw.pick(0, len(shape))
    draw.model.operator("UNPACK", [source], targets, "UnpackOptions", Num=shape[axis], Axis=named)
    return draw.finish([source], targets)
