"""STRIDED_SLICE."""

import numpy as np


def case(draw) -> bytes:
    """Return a model with random limits inside or outside the input.

    Some models have negative strides, masks or dropped axes.
    """
    while True:
        shape = draw.shape(draw.integer(1, 4), 7)
        masks = [draw.pick(0, draw.integer(0, 15)) for _ in range(3)]
        begin, end, strides, index = [], [], [], []
        for axis, extent in enumerate(shape):
            bits = [mask >> axis & 1 for mask in masks]
            step = 1 if bits[2] else draw.pick(1, 1, 2, 3, -1, -2)
            start = draw.integer(-extent, extent - 1) if bits[2] else draw.integer(-extent - 1, extent + 1)
            stop = start + 1 if bits[2] else draw.integer(-extent - 1, extent + 1)
            begin.append(start), end.append(stop), strides.append(step)
            limits = slice(None if bits[0] else start, None if bits[1] else stop, step)
            index.append((0 if bits[0] else start) if bits[2] else limits)
        out = np.empty(shape)[tuple(index)].shape
        if 0 not in out and out:
            break
    source = draw.activation_tensor(shape, scale=1, zero_point=3)
    target = draw.activation_tensor(out, scale=1, zero_point=3)
    limits = [draw.model.integers(values) for values in (begin, end, strides)]
    draw.model.operator(
        "STRIDED_SLICE",
        [source, *limits],
        [target],
        "StridedSliceOptions",
        BeginMask=masks[0],
        EndMask=masks[1],
        ShrinkAxisMask=masks[2],
    )
    return draw.finish([source], [target])
