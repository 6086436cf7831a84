"""SVDF."""

import numpy as np


def case(draw) -> bytes:
    """Return a model whose filters keep up to seven products, as int8 or int16."""
    batch, depth, units, rank, memory = (draw.integer(1, high) for high in (2, 20, 6, 3, 7))
    dtype, filters = draw.pick("int8", "int16"), units * rank
    scales = {"x": draw.scale(-6, -2), "features": draw.scale(-9, -5), "times": draw.scale(-9, -5)}
    kept = np.float32(scales["x"] * scales["features"] * depth**0.5 * 2.0 ** draw.rng.uniform(3, 9))
    kept = kept / np.float32(256 if dtype == "int16" else 1)
    scale = np.float32(kept * scales["times"])
    target_scale = np.float32(scale * 2.0 ** draw.rng.uniform(3, 10) * (256 if dtype == "int16" else 1))
    source = draw.activation_tensor((batch, depth), scale=scales["x"])
    features = draw.model.tensor((filters, depth), "int8", scales["features"], data=draw.values((filters, depth)))
    times = draw.model.tensor((filters, memory), dtype, scales["times"], data=draw.values((filters, memory), dtype))
    bias = draw.model.tensor((units,), "int32", scale, data=draw.rng.integers(-9999, 9999, units))
    state = draw.model.state((batch, filters * memory), dtype, kept, draw.zero_point(dtype))
    target = draw.activation_tensor((batch, units), scale=target_scale)
    draw.model.operator(
        "SVDF", [source, features, times, bias, state], [target], "SVDFOptions", Rank=rank, FusedActivationFunction=1
    )
    return draw.finish([source], [target])
