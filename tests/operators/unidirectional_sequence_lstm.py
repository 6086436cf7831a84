"""UNIDIRECTIONAL_SEQUENCE_LSTM."""

import numpy as np


def case(draw) -> bytes:
    """Return a model with one to five steps. The gates are often, but not always, saturated."""
    batch, steps, depth, units = (draw.integer(1, high) for high in (2, 5, 12, 7))
    scale = {"x": draw.scale(-7, -2), "h": draw.pick(np.float32(1 / 128), draw.scale(-8, -6))}
    reach = 2.0 ** draw.rng.uniform(-1, 2)  # magnitude of the sums before a gate

    def weights(terms: int, source: str) -> int:
        values = draw.rng.integers(-127, 128, (units, terms))
        factor = np.float32(reach / (terms**0.5 * 74 * 74 * scale[source]))
        return draw.model.tensor((units, terms), "int8", factor, data=values)

    matrices = [weights(depth, "x") for _ in range(4)] + [weights(units, "h") for _ in range(4)]
    bias = [draw.model.tensor((units,), "int32", 1e-4, data=draw.rng.integers(-9999, 9999, units)) for _ in range(4)]
    source = draw.activation_tensor((batch, steps, depth), scale=scale["x"])
    point = draw.pick(0, -1, draw.integer(-9, 9))
    hidden = draw.model.state((batch, units), "int8", scale["h"], point)
    cell = draw.model.state((batch, units), "int16", 2.0 ** draw.pick(-12, -11, -11, -13, -9, -15))
    target = draw.model.tensor((batch, steps, units), "int8", scale["h"], point)
    draw.model.tensor((0,), "int16", 2.0**-12)  # like a converter's intermediate tensor, which no operator reads
    operands = [source, *matrices, -1, -1, -1, *bias, -1, -1, hidden, cell, -1, -1, -1, -1]
    fused = {"FusedActivationFunction": 4, "CellClip": draw.pick(10.0, 10.0, 0.0, 0.7)}
    draw.model.operator(
        "UNIDIRECTIONAL_SEQUENCE_LSTM", operands, [target], "UnidirectionalSequenceLSTMOptions", **fused
    )
    return draw.finish([source], [target])
