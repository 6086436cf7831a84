"""CONCATENATION."""


def case(draw) -> bytes:
    """Return a model with one to four inputs of equal quantisation and a random axis."""
    shape, axis, scale = list(draw.shape(draw.integer(1, 4))), 0, draw.scale()
    dtype = draw.pick("int8", "int8", "int16")
    point = draw.zero_point(dtype)
    axis = draw.integer(-len(shape), len(shape) - 1)
    parts, total = [], 0
    for _ in range(draw.integer(1, 4)):
        shape[axis] = draw.integer(1, 5)
        total += shape[axis]
        parts.append(draw.activation_tensor(shape, dtype, scale, point))
    shape[axis] = total
    target = draw.activation_tensor(shape, dtype, scale, point)
    draw.model.operator("CONCATENATION", parts, [target], "ConcatenationOptions", Axis=axis)
    return draw.finish(parts, [target])
