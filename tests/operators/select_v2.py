"""SELECT_V2."""

import numpy as np


def case(draw) -> bytes:
    """Return a model whose condition is an input, or the result of a comparison of the operands."""
    dtype = draw.pick("int8", "int8", "int16")
    scale, point = draw.scale(-10, -0.6), draw.zero_point(dtype)
    shape = draw.shape(draw.integer(1, 4))
    parts = [tuple(draw.pick(extent, extent, 1) for extent in shape) for _ in range(3)]
    if draw.pick(True, False):
        parts = [shape] * 3
    first, second = (draw.activation_tensor(part, dtype, scale, point) for part in parts[1:])
    inputs = [first, second]
    if dtype == "int8" and draw.pick(True, False):
        parts[0] = np.broadcast_shapes(*parts[1:])
        condition = draw.model.tensor(parts[0], "bool")
        draw.model.operator("GREATER", inputs, [condition], "GreaterOptions")
    else:
        condition = draw.model.tensor(parts[0], "bool")
        inputs = [condition, *inputs]
    target = draw.activation_tensor(np.broadcast_shapes(*parts), dtype, scale, point)
    draw.model.operator("SELECT_V2", [condition, first, second], [target], "SelectV2Options")
    return draw.finish(inputs, [target])
