"""Operators that only move values."""


def moved(draw, name, before, after, operands=(), table=None, dtype="int8", **fields) -> bytes:
    """Return a model of operator `name` from shape `before` to shape `after`. `operands` are arrays of int32."""
    scale, point = draw.scale(), draw.zero_point(dtype)
    source = draw.activation_tensor(before, dtype, scale, point)
    target = draw.activation_tensor(after, dtype, scale, point)
    others = [draw.model.integers(values) for values in operands]
    draw.model.operator(name, [source, *others], [target], table, **fields)
    return draw.finish([source], [target])
