"""CAST."""


def case(draw) -> bytes:
    """Return a model that converts between integer types, or to float32, sometimes with a product."""
    shape, kinds = draw.shape(draw.integer(1, 3)), ("int8", "int16", "int32", "uint32")
    source, dtype = draw.model.tensor(shape, draw.pick("bool", *kinds)), draw.pick("float32", *kinds)
    target = draw.model.tensor(shape, dtype)
    draw.model.operator("CAST", [source], [target])
    return draw.finish([source], [target])
