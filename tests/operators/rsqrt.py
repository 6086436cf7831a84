"""RSQRT."""


def case(draw) -> bytes:
    """Return a model whose 256 inputs represent non-negative numbers, because TFLite Micro aborts on negative ones."""
    scale = draw.scale(-9, 1)
    source = draw.activation_tensor((256,), scale=scale, zero_point=-128)
    target = draw.activation_tensor((256,), scale=float(scale) ** -0.5 * 2.0 ** draw.rng.uniform(-9, 0))
    draw.model.operator("RSQRT", [source], [target])
    return draw.finish([source], [target])
