"""CONV_2D."""

from tests.operators import _layer
from tests.operators._window import window


def case(draw) -> bytes:
    """Return a model with a random stride, dilation, padding, activation and number of groups.

    The weights are quantised per tensor or per channel. The bias is optional.
    """
    dtype = draw.pick("int8", "int8", "int8", "int16")
    extents, kernels, strides, dilations, valid, outs = window(draw)
    groups = draw.pick(1, 1, 1, 2)
    depth, channels, batch = draw.integer(1, 6), draw.integer(1, 5) * groups, draw.integer(1, 2)
    if groups == 1:
        depth = draw.pick(depth, depth, draw.integer(7, 80))
    source_scale = draw.scale()
    source = draw.activation_tensor((batch, *extents, depth * groups), dtype, source_scale)
    kernel, scales = _layer.weights(draw, (channels, *kernels, depth), 0)
    bias = _layer.bias(draw, channels, source_scale, scales, dtype)
    scale = _layer.output_scale(draw, source_scale, scales, depth * kernels[0] * kernels[1])
    target = draw.activation_tensor((batch, *outs, channels), dtype, scale)
    operands = [source, kernel, bias] if bias >= 0 or draw.pick(True, False) else [source, kernel]
    draw.model.operator(
        "CONV_2D",
        operands,
        [target],
        "Conv2DOptions",
        Padding=int(valid),
        StrideH=strides[0],
        StrideW=strides[1],
        DilationHFactor=dilations[0],
        DilationWFactor=dilations[1],
        FusedActivationFunction=draw.activation(),
    )
    return draw.finish([source], [target])
