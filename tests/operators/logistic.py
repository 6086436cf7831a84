"""LOGISTIC."""


def case(draw) -> bytes:
    """Return a model with 256 elements, one for each int8 value, and a random input scale."""
    source = draw.activation_tensor((256,), scale=draw.scale(-9, 1))
    target = draw.activation_tensor((256,), scale=1 / 256, zero_point=-128)
    draw.model.operator("LOGISTIC", [source], [target])
    return draw.finish([source], [target])
