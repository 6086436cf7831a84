"""ADD."""

from tests.operators._pairs import pair


def case(draw) -> bytes:
    """Return a model with two broadcasting operands, the second of which is sometimes constant, and a random
    activation."""
    dtype = draw.pick("int8", "int8", "int8", "int16")
    a, b, scales, shape, inputs = pair(draw, dtype)
    target = draw.activation_tensor(shape, dtype, max(scales) * 2.0 ** draw.rng.uniform(-3, 3))
    draw.model.operator("ADD", [a, b], [target], "AddOptions", FusedActivationFunction=draw.activation())
    return draw.finish(inputs, [target])
