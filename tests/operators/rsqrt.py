"""RSQRT."""


def case(draw) -> bytes:
    """All 256 values, standing for numbers from 0 on; TFLite Micro aborts at negative ones."""
    scale = draw.scale(-9, 1)
    source = draw.activation_tensor((256,), scale=scale, zero_point=-128)
    target = draw.activation_tensor((256,), scale=float(scale) ** -0.5 * 2.0 ** draw.rng.uniform(-9, 0))
    draw.model.operator("RSQRT", [source], [target])
    return draw.finish([source], [target])
