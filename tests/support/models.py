"""Small complete models with several operators, a branch, and a constant that is used twice."""

import numpy as np

from tests.operators.draw import Draw


def small_network(seed: int = 0) -> bytes:
    """Return an int8 model with a branch and nine kinds of operators.

    The model has two padded convolutions, one of them depthwise, a residual addition, a pooling operator, a slice, a
    concatenation, a dense layer and a softmax.
    """
    draw = Draw(seed)
    model = draw.model
    bias = model.tensor((4,), "int32", 0.01, data=[5, -7, 0, 100])
    source = draw.activation_tensor((1, 6, 8, 4), scale=0.5, zero_point=-3)
    kernel = model.tensor((4, 3, 3, 4), "int8", [0.02, 0.03, 0.01, 0.05], 0, 0, draw.values((4, 3, 3, 4)), "kernel")
    first = model.tensor((1, 6, 8, 4), "int8", 0.4, 4, name="first")
    model.operator(
        "CONV_2D", [source, kernel, bias], [first], "Conv2DOptions", StrideH=1, StrideW=1, FusedActivationFunction=1
    )
    deep = model.tensor((1, 3, 3, 4), "int8", 0.03, data=draw.values((1, 3, 3, 4)))
    second = draw.activation_tensor((1, 6, 8, 4), scale=0.3, zero_point=1)
    model.operator(
        "DEPTHWISE_CONV_2D",
        [first, deep, bias],
        [second],
        "DepthwiseConv2DOptions",
        StrideH=1,
        StrideW=1,
        DepthMultiplier=1,
    )
    total = draw.activation_tensor((1, 6, 8, 4), scale=0.6, zero_point=0)
    model.operator("ADD", [first, second], [total], "AddOptions")
    pooled = draw.activation_tensor((1, 3, 4, 4), scale=0.6, zero_point=0)
    model.operator(
        "AVERAGE_POOL_2D",
        [total],
        [pooled],
        "Pool2DOptions",
        Padding=1,
        StrideH=2,
        StrideW=2,
        FilterHeight=2,
        FilterWidth=2,
    )
    part = draw.activation_tensor((1, 3, 4, 2), scale=0.6, zero_point=0)
    limits = [model.integers(values) for values in ([0, 0, 0, 1], [1, 3, 4, 3], [1, 1, 1, 1])]
    model.operator("STRIDED_SLICE", [pooled, *limits], [part], "StridedSliceOptions")
    joined = draw.activation_tensor((1, 3, 4, 6), scale=0.6, zero_point=0)
    model.operator("CONCATENATION", [pooled, part], [joined], "ConcatenationOptions", Axis=3)
    flat = draw.activation_tensor((1, 72), scale=0.6, zero_point=0)
    model.operator("RESHAPE", [joined, model.integers([1, -1])], [flat], "ReshapeOptions")
    dense = model.tensor((5, 72), "int8", 0.01, data=draw.values((5, 72)))
    logits = draw.activation_tensor((1, 5), scale=0.2, zero_point=10)
    model.operator("FULLY_CONNECTED", [flat, dense, -1], [logits], "FullyConnectedOptions")
    scores = draw.activation_tensor((1, 5), scale=1 / 256, zero_point=-128)
    model.operator("SOFTMAX", [logits], [scores], "SoftmaxOptions", Beta=1.0)
    return draw.finish([source], [scores, part])


def network_input(seed: int = 0) -> np.ndarray:
    """Return a random input for `small_network`."""
    return np.random.default_rng(seed).integers(-128, 128, (1, 6, 8, 4)).astype(np.int8)
