"""PRELU."""

from tests.operators._pairs import pair


def case(draw) -> bytes:
    """Return a model with broadcasting slopes, which are sometimes constant."""
    a, b, scales, shape, inputs = pair(draw)
    target = draw.activation_tensor(shape, scale=scales[0] * 2.0 ** draw.rng.uniform(-3, 3))
    draw.model.operator("PRELU", [a, b], [target])
    return draw.finish(inputs, [target])
