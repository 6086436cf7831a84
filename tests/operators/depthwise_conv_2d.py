"""DEPTHWISE_CONV_2D."""

from tests.operators import _layer
from tests.operators._window import window


def case(draw) -> bytes:
    """Return a model with a random stride, dilation, padding, activation and depth multiplier.

    The weights are quantised per tensor or per channel. The bias is optional.
    """
    dtype = draw.pick("int8", "int8", "int8", "int16")
    extents, kernels, strides, dilations, valid, outs = window(draw)
    depth, multiplier, batch = draw.integer(1, 9), draw.integer(1, 3), draw.integer(1, 2)
    source_scale = draw.scale()
    source = draw.activation_tensor((batch, *extents, depth), dtype, source_scale)
    kernel, scales = _layer.weights(draw, (1, *kernels, depth * multiplier), 3)
    bias = _layer.bias(draw, depth * multiplier, source_scale, scales, dtype)
    scale = _layer.output_scale(draw, source_scale, scales, kernels[0] * kernels[1])
    target = draw.activation_tensor((batch, *outs, depth * multiplier), dtype, scale)
    # TFLite Micro crashes if this operator's bias is present but empty.
    operands = [source, kernel] + [bias] * (bias >= 0)
    draw.model.operator(
        "DEPTHWISE_CONV_2D",
        operands,
        [target],
        "DepthwiseConv2DOptions",
        Padding=int(valid),
        StrideH=strides[0],
        StrideW=strides[1],
        DilationHFactor=dilations[0],
        DilationWFactor=dilations[1],
        DepthMultiplier=multiplier,
        FusedActivationFunction=draw.activation(),
    )
    return draw.finish([source], [target])
