"""QUANTIZE."""

# Pairs of types that TFLite Micro converts, and the number of bits by which the scales usually differ.
KINDS = (
    ("int8", "int8", 0),
    ("int8", "int8", 0),
    ("int8", "int16", -8),
    ("int16", "int8", 8),
    ("int16", "int16", 0),
    ("float32", "int8", 0),
    ("float32", "int16", 0),
    ("int8", "uint8", 0),
    ("uint8", "int8", 0),
    ("int8", "int32", -16),
    ("int16", "int32", -12),
    ("int32", "int8", 24),
    ("int32", "int16", 16),
)


def case(draw) -> bytes:
    """Return a model that converts between integer types, changes the scale, or converts from float32.

    Between int8 and uint8, the scale is sometimes the same, which TFLite Micro treats specially.
    """
    shape, scale = draw.shape(draw.integer(1, 4)), draw.scale()
    before, after, ratio = draw.pick(*KINDS)
    point = draw.zero_point(before) if before in ("int8", "uint8") else 0
    if before == "float32":
        source = draw.model.tensor(shape, "float32")
    else:
        source = draw.activation_tensor(shape, before, scale, point)
    if "uint8" in (before, after) and draw.integer(0, 2) == 0:
        other = point + 128 if after == "uint8" else point - 128
        target = draw.activation_tensor(shape, after, scale, other)
    else:
        zero = None if after in ("int8", "uint8") else 0
        target = draw.activation_tensor(shape, after, scale * 2.0 ** (ratio + draw.rng.uniform(-4, 4)), zero)
    draw.model.operator("QUANTIZE", [source], [target], "QuantizeOptions")
    return draw.finish([source], [target])
