"""TANH."""


def case(draw) -> bytes:
    """All 256 values at any scale."""
    source = draw.activation_tensor((256,), scale=draw.scale(-9, 1))
    target = draw.activation_tensor((256,), scale=1 / 128, zero_point=0)
    draw.model.operator("TANH", [source], [target])
    return draw.finish([source], [target])
