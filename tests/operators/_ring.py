"""Models with a variable that holds earlier rows of the input, as streaming models have."""

import numpy as np


def ring(draw, assign_first: bool = False) -> bytes:
    """Return a model that appends its input to the rows in a variable and keeps the last ones.

    In two out of three models, the variable has an initial value. If `assign_first` is set, the model instead returns
    the value that it has just assigned.
    """
    dtype = draw.pick("int8", "int8", "int16")
    kept, new, depth = draw.integer(1, 5), draw.integer(1, 4), draw.integer(1, 9)
    scale, point = draw.scale(), draw.zero_point(dtype)
    shape = (1, kept, 1, depth)
    initial = draw.pick(None, draw.values(shape, dtype), np.full(shape, point))
    handle = draw.model.variable("rows", shape, dtype, scale, point, initial)

    def tensor(rows: int) -> int:
        return draw.activation_tensor((1, rows, 1, depth), dtype, scale, point)

    source, old = tensor(kept if assign_first else new), tensor(kept)
    if assign_first:
        draw.model.operator("ASSIGN_VARIABLE", [handle, source], [])
        draw.model.operator("READ_VARIABLE", [handle], [old])
        return draw.finish([source], [old])
    both, last = tensor(kept + new), tensor(kept)
    draw.model.operator("READ_VARIABLE", [handle], [old])
    draw.model.operator("CONCATENATION", [old, source], [both], "ConcatenationOptions", Axis=1)
    limits = [draw.model.integers(each) for each in ((0, new, 0, 0), (1, kept + new, 1, depth), (1, 1, 1, 1))]
    draw.model.operator("STRIDED_SLICE", [both, *limits], [last], "StridedSliceOptions")
    draw.model.operator("ASSIGN_VARIABLE", [handle, last], [])
    return draw.finish([source], [draw.pick(both, last)])
