"""DEQUANTIZE."""


def case(draw) -> bytes:
    """Return a model that converts int8, uint8 or int16 to float32."""
    shape, dtype = draw.shape(draw.integer(1, 4)), draw.pick("int8", "int16", "uint8")
    source = draw.activation_tensor(shape, dtype)
    target = draw.model.tensor(shape, "float32")
    draw.model.operator("DEQUANTIZE", [source], [target], "DequantizeOptions")
    return draw.finish([source], [target])
