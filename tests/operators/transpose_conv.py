"""TRANSPOSE_CONV."""

from tests.operators import _layer
from tests.operators._window import window


def case(draw) -> bytes:
    """Return a model with a random stride, padding and activation.

    The weights are quantised per tensor or per channel. The bias is optional.
    """
    dtype = draw.pick("int8", "int8", "int8", "int16")
    extents, kernels, strides, _, valid, ins = window(draw, dilated=False)
    depth, channels, batch = draw.integer(1, 9), draw.integer(1, 6), draw.integer(1, 2)
    source_scale = draw.scale()
    source = draw.activation_tensor((batch, *ins, depth), dtype, source_scale)
    kernel, scales = _layer.weights(draw, (channels, *kernels, depth), 0)
    bias = _layer.bias(draw, channels, source_scale, scales, dtype)
    scale = _layer.output_scale(draw, source_scale, scales, depth * kernels[0] * kernels[1])
    shape = (batch, *extents, channels)
    target = draw.activation_tensor(shape, dtype, scale)
    operands = [draw.model.integers(shape), kernel, source] + [bias] * (bias >= 0)
    draw.model.operator(
        "TRANSPOSE_CONV",
        operands,
        [target],
        "TransposeConvOptions",
        Padding=int(valid),
        StrideH=strides[0],
        StrideW=strides[1],
        FusedActivationFunction=draw.activation(),
    )
    return draw.finish([source], [target])
