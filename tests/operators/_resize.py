"""Resizing operators."""


def resized(draw, name, table) -> bytes:
    """Return a model of the resizing operator `name`."""
    shape = draw.shape(4, 7)
    size = draw.shape(2, 12)
    scale, point = draw.scale(), draw.zero_point()
    source = draw.activation_tensor(shape, scale=scale, zero_point=point)
    target = draw.activation_tensor((shape[0], *size, shape[3]), scale=scale, zero_point=point)
    corners, centres = draw.pick((False, False), (True, False), (False, True))
    draw.model.operator(
        name, [source, draw.model.integers(size)], [target], table, AlignCorners=corners, HalfPixelCenters=centres
    )
    return draw.finish([source], [target])
