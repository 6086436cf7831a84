"""Depthwise 3x3 convolutions with stride 1 for MVE: two rows of results at a time.

The four rows under both windows are interleaved, so that a word holds the four rows of a value. Four words, of
consecutive columns, contain the windows of 2x2 results. Each result is a dot product with the taps of its channel,
between which zeros leave out the fourth row and column."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.firmware_gen.graph.requantise import Requantisation
from ticktalk.firmware_gen.graph.window import Window
from ticktalk.firmware_gen.kernels.shared import mve

PIECE = 16  # values per vector
_BEFORE = 5  # zeros before the taps, because taps are also loaded at the preceding row and column


def suits(area: Window) -> bool:
    """Return whether the kernel can compute a layer with this window."""
    row = area.out_width * area.in_channels
    return (
        (area.height, area.width, area.stride_h, area.stride_w) == (3, 3, 1, 1)
        and (area.dilation_h, area.dilation_w) == (1, 1)
        and max(area.top, area.bottom, area.left, area.right) <= 1
        and area.out_width >= 4
        and area.out_height >= 2
        and area.in_width * area.in_channels >= PIECE
        and row + 3 * area.in_channels < 1 << 16  # offsets of results
    )


def kernel(area: Window, table: Requantisation, fill: int, formula: str) -> Kernel:
    """Compile a layer with one output per channel. `fill` is the value of the padding."""
    channels, row = area.in_channels, area.in_width * area.in_channels
    scales = mve.ByChannel(table)
    columns = max(area.out_width + 2, area.left + area.in_width)
    full, rest = divmod(area.out_width, 4)
    # The last columns are computed together with preceding ones, which yields the same results again.
    ends = ((), (-2,), (-2,), (-4,))[rest]
    interleaved = 4 * columns * channels
    context: dict = {"window": area, "full": full, "ends": ends, "saved_at": interleaved}
    line = area.out_width * channels
    places = _places(channels, line) + (_places(channels, 0) if area.out_height % 2 else [])
    context |= {"spread": [4 * channels * column for column in range(4)], "places": places}
    context |= {"outside_at": interleaved + (row if area.top else 0), **scales.context}
    hint = f"depthwise_3x3_c{channels}"
    return Kernel(
        (
            Function("depthwise/windows_row_mve.c.j2", f"{hint}_rows", context),
            Function("depthwise/windows_mve.c.j2", hint, context),
        ),
        (
            Input(0), Constant("weights", packed(table.rows)), *scales.arguments(np.arange(channels)),
            *((fill,) if area.padded else ()), Scratch(), Output(0),
        ),
        formula,
        macs=area.positions * 9 * channels,
        scratch=context["outside_at"] + (row if area.top or area.bottom else 0),
        # Results overwrite only values that are not read again or that have been copied.
        in_place=(0,) if area.out_height <= area.in_height and area.out_width <= area.in_width else (),
        reads=-(-area.out_height // 2),
    )  # fmt: skip


def _places(channels: int, line: int) -> list[int]:
    """Return the offsets of the results of four columns, followed by those of two, in the order of halfword lanes."""
    columns = (0, 2, 1, 3, 0, 2, 1, 3), (0, 0, 1, 1, 0, 0, 1, 1)
    return [column * channels + lane // 4 * line for each in columns for lane, column in enumerate(each)]


def packed(rows: np.ndarray) -> np.ndarray:
    """Pack int8 [C, 9] as [C, 4 columns, 4 rows]. The last column and row are zeros, as are the first bytes."""
    taps = np.zeros((len(rows), 4, 4), np.int8)
    taps[:, :3, :3] = rows.reshape(-1, 3, 3).transpose(0, 2, 1)
    return np.append(np.zeros(_BEFORE, np.int8), taps)
