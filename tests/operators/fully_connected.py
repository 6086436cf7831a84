"""FULLY_CONNECTED."""

from math import prod

from tests.operators import _layer


def case(draw) -> bytes:
    """Return a model with an input of rank 2 to 4. The output keeps that rank or has rank 2.

    The weights are quantised per tensor or per channel. The bias is optional.
    """
    dtype = draw.pick("int8", "int8", "int8", "int16")
    depth, channels = draw.pick(draw.integer(1, 40), draw.integer(1, 700)), draw.integer(1, 12)
    front = draw.shape(draw.integer(1, 3), 4)
    source_scale = draw.scale()
    source = draw.activation_tensor((*front, depth), dtype, source_scale)
    kernel, scales = _layer.weights(draw, (channels, depth), 0)
    bias = _layer.bias(draw, channels, source_scale, scales, dtype)
    keep = draw.pick(True, False)
    scale = _layer.output_scale(draw, source_scale, scales, depth)
    target = draw.activation_tensor((*front, channels) if keep else (prod(front), channels), dtype, scale)
    draw.model.operator(
        "FULLY_CONNECTED",
        [source, kernel, bias],
        [target],
        "FullyConnectedOptions",
        KeepNumDims=keep,
        FusedActivationFunction=draw.activation(),
    )
    return draw.finish([source], [target])
