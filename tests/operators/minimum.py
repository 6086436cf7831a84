"""MINIMUM."""

from tests.operators._pairs import pair


def case(draw) -> bytes:
    """Return a model with broadcasting operands of equal quantisation."""
    dtype, scale = draw.pick("int8", "int16"), draw.scale()
    point = draw.zero_point(dtype)
    a, b, _, shape, inputs = pair(draw, dtype, (scale, scale), (point, point))
    target = draw.activation_tensor(shape, dtype, scale, point)
    draw.model.operator("MINIMUM", [a, b], [target], "MaximumMinimumOptions")
    return draw.finish(inputs, [target])
