"""Random windows and inputs for convolutions and pooling operators."""


def out_extent(extent: int, kernel: int, stride: int, dilation: int, valid: bool) -> int:
    """Return the number of window positions along one axis, as the TFLite converter computes it."""
    reach = (kernel - 1) * dilation + 1
    return -(-(extent - reach + 1) // stride) if valid else -(-extent // stride)


def window(draw, dilated: bool = True):
    """Return extents, kernels, strides, dilations, whether padding is VALID, and output extents.

    All results except `valid` are lists of (height, width).
    """
    valid = draw.pick(True, False)
    kernels, strides, dilations, extents, outs = [], [], [], [], []
    for _ in range(2):
        kernel, stride, dilation = draw.integer(1, 4), draw.integer(1, 3), draw.integer(1, 3) if dilated else 1
        reach = (kernel - 1) * dilation + 1
        extent = draw.integer(reach, reach + 6) if valid else draw.integer(1, 9)
        for values, value in zip(
            (kernels, strides, dilations, extents), (kernel, stride, dilation, extent), strict=True
        ):
            values.append(value)
        outs.append(out_extent(extent, kernel, stride, dilation, valid))
    return extents, kernels, strides, dilations, valid, outs
