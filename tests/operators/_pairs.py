"""Two broadcastable operands for elementwise operators. The second operand is sometimes a constant."""

import numpy as np


def pair(draw, dtype="int8", scales=None, zero_points=(None, None), second=None):
    """Return the indices of both operands, their scales, the shape of the result, and the graph's inputs."""
    shape = draw.shape(draw.integer(1, 4))
    other = second or dtype
    first = tuple(draw.pick(extent, extent, 1) for extent in shape)
    last = tuple(
        1 if a == extent and draw.integer(0, 3) == 0 else extent for a, extent in zip(first, shape, strict=True)
    )
    if draw.pick(True, False):
        first = last = shape
    scales = scales or (draw.scale(-6, -2), draw.scale(-6, -2))
    a = draw.activation_tensor(first, dtype, scales[0], zero_points[0])
    if draw.integer(0, 3):
        b = draw.activation_tensor(last, other, scales[1], zero_points[1])
        inputs = [a, b]
    else:
        point = draw.zero_point(other) if zero_points[1] is None else zero_points[1]
        b = draw.model.tensor(last, other, scales[1], point, data=draw.values(last, other))
        inputs = [a]
    return a, b, scales, np.broadcast_shapes(first, last), inputs


def compared(draw, name, table) -> bytes:
    """Return a model of the comparison `name` of int8 or int32 operands. The former often have equal quantisations."""
    if draw.integer(0, 4) == 0:
        shape = draw.shape(draw.integer(1, 3))
        a, target = draw.model.tensor(shape, "int32"), draw.model.tensor(shape, "bool")
        b = draw.model.integers(draw.values(draw.pick(shape, shape[-1:]), "int32")) if draw.integer(0, 1) else a
        draw.model.operator(name, [a, b], [target], table)
        return draw.finish([a], [target])
    scale, point = draw.scale(-10, -0.6), draw.zero_point()
    scales, points = ((scale, scale), (point, point)) if draw.integer(0, 2) else (None, (None, None))
    a, b, _, shape, inputs = pair(draw, "int8", scales, points)
    target = draw.model.tensor(shape, "bool")
    draw.model.operator(name, [a, b], [target], table)
    return draw.finish(inputs, [target])
