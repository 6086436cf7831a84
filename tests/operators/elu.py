"""ELU."""


def case(draw) -> bytes:
    """Return a model with random scales whose input has 256 elements, one for each int8 value."""
    scale = draw.scale(-9, 1)
    source = draw.activation_tensor((256,), scale=scale)
    target = draw.activation_tensor((256,), scale=scale * 2.0 ** draw.rng.uniform(-4, 4))
    draw.model.operator("ELU", [source], [target])
    return draw.finish([source], [target])
