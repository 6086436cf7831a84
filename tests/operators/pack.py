"""PACK."""


def case(draw) -> bytes:
    """Return a model that stacks one to four tensors along a random new axis."""
    shape, count = list(draw.shape(draw.integer(1, 3))), draw.integer(1, 4)
    axis, scale, point = draw.integer(0, len(shape)), draw.scale(), draw.zero_point()
    parts = [draw.activation_tensor(shape, scale=scale, zero_point=point) for _ in range(count)]
    target = draw.activation_tensor([*shape[:axis], count, *shape[axis:]], scale=scale, zero_point=point)
    named = axis - draw.pick(0, len(shape) + 1)
    draw.model.operator("PACK", parts, [target], "PackOptions", ValuesCount=count, Axis=named)
    return draw.finish(parts, [target])
