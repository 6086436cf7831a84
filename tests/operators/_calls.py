"""Graphs that IF and WHILE run: random functions of an int8 tensor."""

from tests.support.tflite_builder import ModelBuilder


def changed(draw, model: ModelBuilder, source: int, like: tuple) -> int:
    """Add a random function of the tensor `source` to `model`, and return its result: often `source` or a constant.

    `like` is the shape, dtype, scale and zero point of both tensors.
    """
    shape = like[0]
    for _ in range(draw.integer(0, 2)):
        target, factor = model.tensor(*like), draw.scale(-3, 0)
        if draw.integer(0, 1):
            other = model.tensor(shape[-1:], "int8", factor, draw.zero_point(), data=draw.values(shape[-1:]))
            model.operator("ADD", [source, other], [target], "AddOptions", FusedActivationFunction=draw.activation())
        else:
            data = draw.values((shape[-1], shape[-1])).clip(-127)
            weights = model.tensor(data.shape, "int8", factor / 100, data=data)
            model.operator(
                "FULLY_CONNECTED", [source, weights, -1], [target], "FullyConnectedOptions", KeepNumDims=True
            )
        source = target
    return source if draw.integer(0, 5) else model.tensor(*like, data=draw.values(shape))
