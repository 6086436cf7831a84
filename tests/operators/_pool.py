"""Pooling operators."""

from tests.operators._window import window


def pool(draw, name) -> bytes:
    """Return a model of the pooling operator `name` with a random window, stride, padding and activation."""
    extents, kernels, strides, _, valid, outs = window(draw, dilated=False)
    batch, depth = draw.integer(1, 2), draw.integer(1, 18)
    dtype = draw.pick("int8", "int8", "int8", "int16")
    scale, point = draw.scale(), draw.zero_point(dtype)
    source = draw.activation_tensor((batch, *extents, depth), dtype, scale, point)
    target = draw.activation_tensor((batch, *outs, depth), dtype, scale, point)
    draw.model.operator(
        name,
        [source],
        [target],
        "Pool2DOptions",
        Padding=int(valid),
        StrideH=strides[0],
        StrideW=strides[1],
        FilterHeight=kernels[0],
        FilterWidth=kernels[1],
        FusedActivationFunction=draw.activation(),
    )
    return draw.finish([source], [target])
