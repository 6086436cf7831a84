"""RELU6."""


def case(draw) -> bytes:
    """Return an int8 model with one element for each value, or an int16 model, with a single quantisation."""
    dtype = draw.pick("int8", "int8", "int16")
    scale, point = draw.scale(-9 if dtype == "int8" else -12, 1), draw.zero_point(dtype)
    source, target = (draw.activation_tensor((256,), dtype, scale, point) for _ in range(2))
    draw.model.operator("RELU6", [source], [target])
    return draw.finish([source], [target])
