"""MUL."""

from tests.operators._pairs import pair


def case(draw) -> bytes:
    """Return a model with two broadcasting operands, the second of which is sometimes constant, and a random
    activation."""
    dtype = draw.pick("int8", "int8", "int8", "int16")
    a, b, scales, shape, inputs = pair(draw, dtype)
    reach = (0, 9) if dtype == "int8" else (6, 16)
    target = draw.activation_tensor(shape, dtype, scales[0] * scales[1] * 2.0 ** draw.rng.uniform(*reach))
    draw.model.operator("MUL", [a, b], [target], "MulOptions", FusedActivationFunction=draw.activation())
    return draw.finish(inputs, [target])
