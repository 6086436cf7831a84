"""SLICE."""


def case(draw) -> bytes:
    """Return a model that selects a random part of every axis. A size of -1 selects the rest of the axis."""
    shape, scale, point = draw.shape(draw.integer(1, 4)), draw.scale(), draw.zero_point()
    begin = [draw.integer(0, extent - 1) for extent in shape]
    sizes = [draw.integer(1, extent - start) for extent, start in zip(shape, begin, strict=True)]
    named = [
        draw.pick(size, -1) if start + size == extent else size
        for extent, start, size in zip(shape, begin, sizes, strict=True)
    ]
    source = draw.activation_tensor(shape, scale=scale, zero_point=point)
    target = draw.activation_tensor(sizes, scale=scale, zero_point=point)
    draw.model.operator(
        "SLICE", [source, draw.model.integers(begin), draw.model.integers(named)], [target], "SliceOptions"
    )
    return draw.finish([source], [target])
