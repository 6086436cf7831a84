"""SOFTMAX."""


def case(draw) -> bytes:
    """Return a model with an input of rank 2 to 4 and a random input scale. Beta is usually 1."""
    shape = (*draw.shape(draw.integer(1, 3), 4), draw.integer(1, 40))
    source = draw.activation_tensor(shape, scale=draw.scale(-10, 1))
    target = draw.activation_tensor(shape, scale=1 / 256, zero_point=-128)
    beta = draw.pick(1.0, 1.0, float(draw.rng.uniform(0.1, 3)))
    draw.model.operator("SOFTMAX", [source], [target], "SoftmaxOptions", Beta=beta)
    return draw.finish([source], [target])
