"""BATCH_MATMUL."""

import numpy as np


def case(draw) -> bytes:
    """Return a model with broadcasting batches, in which either operand may be transposed."""
    rows, depth, columns = draw.shape(3, 9)
    batches = draw.shape(draw.integer(0, 2), 3)
    outer = [tuple(draw.pick(extent, extent, 1) for extent in batches) for _ in range(2)]
    flips = draw.pick(True, False), draw.pick(True, False)
    first = (*outer[0], *((depth, rows) if flips[0] else (rows, depth)))
    second = (*outer[1], *((columns, depth) if flips[1] else (depth, columns)))
    dtype, scales = draw.pick("int8", "int8", "int16"), (draw.scale(), draw.scale())
    a = draw.activation_tensor(first, dtype, scales[0])
    b = draw.activation_tensor(second, dtype, scales[1])
    reach = 8 if dtype == "int8" else 16
    scale = scales[0] * scales[1] * depth**0.5 * 2.0 ** draw.rng.uniform(reach - 8, reach)
    target = draw.activation_tensor((*np.broadcast_shapes(*outer), rows, columns), dtype, scale)
    draw.model.operator("BATCH_MATMUL", [a, b], [target], "BatchMatMulOptions", AdjX=flips[0], AdjY=flips[1])
    return draw.finish([a, b], [target])
