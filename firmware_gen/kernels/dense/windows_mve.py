"""Convolutions for MVE whose windows are read in place, four neighbours at a time, without being interleaved.

The rows under a row of windows are copied with padding, unless no window reaches beyond the input. Each row of the
input is copied once, so results may overwrite it if they do not reach rows that have not been copied."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.firmware_gen.graph.window import Window
from ticktalk.firmware_gen.kernels.dense.layer import Dense
from ticktalk.firmware_gen.kernels.shared import mve

BLOCK = 4  # windows computed together
PIECE = 16  # values per vector
STEPS = (16, 32)  # distances between windows that the offsets of vector loads can encode
TURNS = 18  # vectors of a window, because the loops over them are unrolled
REACH = 4095  # maximum distance between the first and the last byte of a window


def suits(dense: Dense) -> bool:
    """Return whether the windows of a layer can be read in place."""
    w = dense.window
    return (
        w is not None
        and dense.gathered
        and w.batches == 1
        and (w.dilation_h == 1 or w.height == 1)
        and (w.dilation_w == 1 or w.width == 1)
        and w.out_width % BLOCK == 0
        and w.in_channels % PIECE == 0
        and w.stride_w * w.in_channels in STEPS
        and dense.depth <= PIECE * TURNS
        and w.height * _stride(w) <= REACH
        and not dense.in_slabs(BLOCK)
    )


def kernel(dense: Dense, order: np.ndarray) -> Kernel:
    """Compile a layer. `order` lists the outputs in the order in which their parameters are read."""
    w = dense.window
    assert w is not None
    outputs, depth, stride = dense.outputs, dense.depth, _stride(w)
    scales = mve.ByChannel(dense.table)
    sizes = f"{w.height}, {w.width * w.in_channels // PIECE}, {stride}, {w.stride_w * w.in_channels}"
    shape = {"depth": depth, "outputs": outputs, "block": BLOCK, "windows": sizes, **scales.context}
    columns = stride // w.in_channels
    walk = {
        "window": w, "fill": dense.fill, "stride": stride, "outputs": outputs,
        "in_place": _stays_behind(w), "used": min(w.in_width, columns - w.left) * w.in_channels, **scales.context,
    }  # fmt: skip
    functions = (
        Function("dense/block_mve.c.j2", f"block_windows_{depth}_to_{outputs}", shape),
        Function("dense/windows_mve.c.j2", f"dense_{dense.positions}x{depth}_to_{outputs}", walk),
    )
    scratch = (Scratch(),) if w.padded else ()
    arguments = (
        Input(0), Constant("weights", dense.rows.reshape(-1)), *scales.arguments(order), *scratch, Output(0),
    )  # fmt: skip
    return Kernel(
        functions,
        arguments,
        dense.formula,
        dense.positions * dense.rows.size,
        w.height * stride if w.padded else 0,
        (0,) if _stays_behind(w) else (),
        dense.passes(BLOCK),
    )


def _stays_behind(w: Window) -> bool:
    """Return whether each row of results ends before the input rows that have not been copied when it is written."""
    results, source = w.out_width * w.out_channels, w.in_width * w.in_channels
    copied = [row * w.stride_h - w.top + w.height for row in range(w.out_height)]
    return w.padded and all((row + 1) * results <= count * source for row, count in enumerate(copied))


def _stride(w: Window) -> int:
    """Return the distance in bytes between the rows of a window."""
    columns = (w.out_width - 1) * w.stride_w + w.width if w.padded else w.in_width
    return columns * w.in_channels
