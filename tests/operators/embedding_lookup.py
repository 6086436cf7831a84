"""EMBEDDING_LOOKUP."""


def case(draw) -> bytes:
    """Return a model that limits its indices to the table, which has up to 30 rows."""
    count, rows, row = draw.integer(1, 6), draw.integer(1, 30), draw.shape(draw.integer(1, 2))
    scale, point = draw.scale(), draw.zero_point()
    source, above, indices = (draw.model.tensor((count,), "int32") for _ in range(3))
    draw.model.operator("MAXIMUM", [source, draw.model.integers(0)], [above])
    draw.model.operator("MINIMUM", [above, draw.model.integers(rows - 1)], [indices])
    table = draw.model.tensor((rows, *row), "int8", scale, point, data=draw.values((rows, *row)))
    target = draw.activation_tensor((count, *row), scale=scale, zero_point=point)
    draw.model.operator("EMBEDDING_LOOKUP", [indices, table], [target])
    return draw.finish([source], [target])
