"""RELU6."""


def case(draw) -> bytes:
    """Return a model with 256 elements, one for each int8 value, and the same quantisation for input and output."""
    scale, point = draw.scale(-9, 1), draw.zero_point()
    source = draw.activation_tensor((256,), scale=scale, zero_point=point)
    target = draw.activation_tensor((256,), scale=scale, zero_point=point)
    draw.model.operator("RELU6", [source], [target])
    return draw.finish([source], [target])
