"""CIRCULAR_BUFFER."""


def case(draw) -> bytes:
    """Return a model that keeps up to six rows."""
    (rows, *row), scale, point = draw.shape(3), draw.scale(), draw.zero_point()
    source = draw.activation_tensor((1, 1, *row), scale=scale, zero_point=point)
    kept = draw.model.state((1, rows, *row), "int8", scale, point)
    draw.model.operator("CIRCULAR_BUFFER", [source], [kept], cycles_max=1)
    return draw.finish([source], [kept])
