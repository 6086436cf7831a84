"""SQUARED_DIFFERENCE."""

from tests.operators._pairs import pair


def case(draw) -> bytes:
    """Return a model with broadcasting operands of different scales."""
    a, b, scales, shape, inputs = pair(draw)
    target = draw.activation_tensor(shape, scale=max(scales) ** 2 * 2.0 ** draw.rng.uniform(0, 9))
    draw.model.operator("SQUARED_DIFFERENCE", [a, b], [target], "SquaredDifferenceOptions")
    return draw.finish(inputs, [target])
