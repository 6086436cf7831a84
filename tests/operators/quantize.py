"""QUANTIZE."""


def case(draw) -> bytes:
    """Return a model that converts between int8 and int16, changes the scale of either, or converts from float32."""
    shape, scale = draw.shape(draw.integer(1, 4)), draw.scale()
    kinds = draw.pick("int8", "int8", "int16", "float32"), draw.pick("int8", "int8", "int16")
    if kinds[0] == "float32":
        source = draw.model.tensor(shape, "float32")
    else:
        source = draw.activation_tensor(shape, kinds[0], scale)
    ratio = {"int8int16": -8, "int16int8": 8}.get(kinds[0] + kinds[1], 0)
    target = draw.activation_tensor(shape, kinds[1], scale * 2.0 ** (ratio + draw.rng.uniform(-4, 4)))
    draw.model.operator("QUANTIZE", [source], [target], "QuantizeOptions")
    return draw.finish([source], [target])
