"""PRELU."""

from tests.operators._pairs import pair


def case(draw) -> bytes:
    """Return a model with broadcasting int8 slopes, which are sometimes constant."""
    dtype = draw.pick(*["int8"] * 7, "int16")
    a, b, scales, shape, inputs = pair(draw, dtype, second="int8")
    target = draw.activation_tensor(shape, dtype, scale=scales[0] * 2.0 ** draw.rng.uniform(-3, 3))
    draw.model.operator("PRELU", [a, b], [target])
    return draw.finish(inputs, [target])
