"""Depthwise 3x3 convolutions with stride 1 for SMLAD, computed for two rows of four channels at a time.

Rows of the input are copied to lines in scratch, in pairs: a word of a line holds a channel's values of two consecutive
rows as int16. Results of two rows need two pairs of lines, and the next two rows reuse the second one. The lines
include the padding at both ends. Only these lines are read again, so results may overwrite the input."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.firmware_gen.graph.requantise import Requantisation
from ticktalk.firmware_gen.graph.window import Window

GROUP = 4  # channels computed together


def suits(area: Window) -> bool:
    """Return whether `kernel` can compile a layer with one output per channel, and saves instructions."""
    strides = area.stride_h, area.stride_w, area.dilation_h, area.dilation_w
    small = area.in_channels < GROUP or area.out_height in (1, 3)  # the second row of a pair would be wasted
    return (area.height, area.width) == (3, 3) and strides == (1, 1, 1, 1) and not small


def kernel(area: Window, table: Requantisation, fill: int, formula: str) -> Kernel:
    """Compile a layer with one output per channel. `fill` is the value of the padding."""
    channels, columns = area.in_channels, area.out_width + 2
    context = {"window": area, "columns": columns, **table.context}
    hint = f"depthwise_3x3_c{channels}"
    # The last group of four overlaps the previous one if the number of channels is not a multiple of four, and would
    # read results instead of inputs.
    stays = (area.out_height, area.out_width) == (area.in_height, area.in_width) and channels % GROUP == 0
    return Kernel(
        (
            Function("depthwise/pair_dsp.c.j2", f"{hint}_pair", context),
            Function("depthwise/rows_dsp.c.j2", f"{hint}_rows", context),
            Function("depthwise/dsp.c.j2", hint, context),
        ),
        (Input(0), Constant("weights", packed(table.rows)), *table.arguments, fill, Scratch(), Output(0)),
        formula,
        macs=area.positions * table.rows.size,
        scratch=2 * GROUP * columns * 4,
        in_place=(0,) if stays else (),
        reads=area.batches * -(-area.out_height // 2),
    )


def packed(rows: np.ndarray) -> np.ndarray:
    """Pack int8 [C, 9]: the first two columns of the window row by row, then the last one.

    The words at bytes 0 and 2 hold two rows of two columns."""
    return rows[:, [0, 1, 3, 4, 6, 7, 2, 5, 8]].copy()
