"""LOG_SOFTMAX."""


def case(draw) -> bytes:
    """Return a model with an input of rank 1 to 4 and a random input scale."""
    shape = (*draw.shape(draw.integer(0, 3), 4), draw.integer(1, 40))
    source = draw.activation_tensor(shape, scale=draw.scale(-10, 1))
    target = draw.activation_tensor(shape, scale=1 / 16, zero_point=127)
    draw.model.operator("LOG_SOFTMAX", [source], [target], "LogSoftmaxOptions")
    return draw.finish([source], [target])
