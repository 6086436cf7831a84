"""Convolutions with three taps per row, by Winograd's F(2, 3): four products instead of six for two results.

For inputs d0 to d3 and taps g0 to g2 of a row of the window, the results in two neighbouring columns are

    d0 g0 + d1 g1 + d2 g2 = (u + v) / 2 + (d0 - d2) g0      u = (d1 + d2) ((g0 + g2) + g1)
    d1 g0 + d2 g1 + d3 g2 = (u - v) / 2 + (d3 - d1) g2      v = (d2 - d1) ((g0 + g2) - g1)

u and v have the same parity, so their sums over all rows and channels are halved exactly. The four sums of products of
the same kind are accumulated by SMLAD, for eight columns and two outputs at a time. The transformed inputs of eight
columns and of some rows, and the transformed weights of two outputs, are in scratch.
"""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.firmware_gen.kernels.dense.layer import Dense, round_up
from ticktalk.firmware_gen.kernels.epilogue.epilogue import OTHER

COLUMNS = 8  # computed at a time
LEAST_ROWS = 3  # of results from weights that are transformed once; with fewer, the kernels of dsp.py are faster


def kernel(dense: Dense, room: int) -> Kernel | None:
    """Compile a layer to a kernel with at most `room` bytes of scratch. Return None if that is impossible or slow."""
    if not _suits(dense):
        return None
    area = dense.window
    assert area is not None
    depth = area.height * area.in_channels
    stage = 16 * depth  # four int16 values for each of two outputs
    patch = (COLUMNS + 2) * area.in_channels if area.padded else 0
    behind = round_up(max(stage, patch), 4)  # the patch is no longer needed when the weights are transformed
    row = 4 * COLUMNS * area.in_channels
    tile = COLUMNS * dense.outputs if dense.epilogue.sums else 0
    rows = min((room - behind - (area.height - 1) * row) // (row + tile), area.out_height)
    if rows < LEAST_ROWS:
        return None
    panel = (rows + area.height - 1) * row
    context = {
        "window": area,
        "fill": dense.fill,
        "depth": depth,
        "outputs": dense.outputs,
        "rows": rows,
        "short": dense.short,
        "stage_at": panel,
        "tile_at": panel + behind,
        "unroll": max(count for count in range(1, 9) if depth // 2 % count == 0),
    }
    size = f"{area.height}x3x{area.in_channels}"
    functions = (
        Function("dense/winograd_inputs.c.j2", f"transform_inputs_{size}", context),
        Function("dense/winograd_weights.c.j2", f"transform_weights_{size}", {"depth": depth}),
        Function("dense/winograd_block.c.j2", f"block_{size}_of_{dense.outputs}", context | dense.block_context),
        *dense.epilogue.functions,
        Function("dense/winograd.c.j2", f"conv_{size}_to_{dense.outputs}", context | dense.context),
    )
    arguments = (
        Input(0),
        Constant("weights", _packed(dense)),
        *dense.table.arguments,
        Scratch(),
        Output(0),
        *dense.epilogue.arguments,
    )
    passes = area.out_width // COLUMNS * -(-area.out_height // rows)
    macs = dense.positions * dense.rows.size
    in_place = (OTHER,) if dense.epilogue.sums else ()
    return Kernel(functions, arguments, dense.formula, macs, panel + behind + rows * tile, in_place, passes)


def _suits(dense: Dense) -> bool:
    """Return whether the shapes suit the kernel and no sum overflows for any input."""
    area = dense.window
    if area is None or (area.width, area.stride_h, area.stride_w, area.dilation_h, area.dilation_w) != (3, 1, 1, 1, 1):
        return False
    multiples = ((area.in_channels, 4), (dense.outputs, 2), (area.out_width, COLUMNS))
    if area.batches > 1 or area.in_channels < 8 or any(size % of for size, of in multiples):
        return False
    first, second, third = np.moveaxis(_taps(dense).astype(np.int64), 2, 0)
    sums = np.abs(first + second + third) + np.abs(first - second + third)
    return bool(256 * sums.sum((1, 2)).max() < 1 << 30)


def _taps(dense: Dense) -> np.ndarray:
    """Return the weights [O, height, 3, channels]."""
    area = dense.window
    assert area is not None
    return dense.rows.reshape(dense.outputs, area.height, 3, area.in_channels)


def _packed(dense: Dense) -> np.ndarray:
    """Return the weights in the order of their transformation: [O/2, height, channels/4, output, tap, channel]."""
    taps = _taps(dense)
    outputs, height, _, channels = taps.shape
    return taps.reshape(outputs // 2, 2, height, 3, channels // 4, 4).transpose(0, 2, 4, 1, 3, 5).copy()
