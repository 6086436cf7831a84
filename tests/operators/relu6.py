"""RELU6."""


def case(draw) -> bytes:
    """Return a model of 256 elements, enough for all int8 values, whose input and output have the same quantisation."""
    scale, point = draw.scale(-9, 1), draw.zero_point()
    source = draw.activation_tensor((256,), scale=scale, zero_point=point)
    target = draw.activation_tensor((256,), scale=scale, zero_point=point)
    draw.model.operator("RELU6", [source], [target])
    return draw.finish([source], [target])
