"""HARD_SWISH."""


def case(draw) -> bytes:
    """Return a model with 256 elements, one for each int8 value, and a random input scale."""
    scale = draw.scale(-9, 1)
    source = draw.activation_tensor((256,), scale=scale)
    target = draw.activation_tensor((256,), scale=scale * 2.0 ** draw.rng.uniform(-5, 3))
    draw.model.operator("HARD_SWISH", [source], [target], "HardSwishOptions")
    return draw.finish([source], [target])
