"""Depthwise convolutions for MVE: 16 channels at a time, products in int16 lanes, as many taps as fit before they are
widened.

The rows under the window are read where they are. Where there is padding, they are copied to lines in scratch that have
it at their ends; a line is used again when its row is past."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.firmware_gen.graph.requantise import Requantisation
from ticktalk.firmware_gen.graph.window import Window
from ticktalk.firmware_gen.kernels.shared import mve

GROUP = 16  # channels at a time
# Even and odd bytes become two vectors of halves, and even and odd halves of these four vectors of words.
_LANES = [*range(0, 16, 4), *range(2, 16, 4), *range(1, 16, 4), *range(3, 16, 4)]


def kernel(area: Window, table: Requantisation, fill: int, formula: str) -> Kernel:
    """Of one output a channel; `fill` is the value of padding."""
    taps = table.rows.T
    channels = taps.shape[1]
    context = {"window": area, "sums": sums(taps), **mve.context(table)}
    columns = (area.out_width - 1) * area.stride_w + (area.width - 1) * area.dilation_w + 1  # that a line has
    context |= {"columns": columns, "lines": (area.height - 1) * area.dilation_h + 1}
    hint = f"depthwise_{area.height}x{area.width}_c{channels}"
    fits = area.out_height <= area.in_height and area.out_width <= area.in_width
    return Kernel(
        (Function("depthwise/row_mve.c.j2", f"{hint}_row", context), Function("depthwise/mve.c.j2", hint, context)),
        (
            Input(0), Constant("weights", packed(taps)), *mve.arguments(table, groups(channels), groups(channels)),
            *((fill, Scratch()) if area.padded else ()), Output(0),
        ),
        formula,
        macs=area.positions * taps.size,
        scratch=context["lines"] * columns * channels if area.padded else 0,
        # A result is written after all that later ones read, or what these read has been copied.
        in_place=(0,) if fits else (),
    )  # fmt: skip


def sums(taps: np.ndarray) -> list[range]:
    """int8 [taps, C] as runs of taps whose products of any int8 values can be added in int16."""
    wide = taps.astype(np.int32)
    most, least = np.maximum(127 * wide, -128 * wide), np.minimum(127 * wide, -128 * wide)
    runs, first = [], 0
    for end in range(1, len(taps) + 1):
        if (
            end == len(taps)
            or most[first : end + 1].sum(0).max() > 32767
            or least[first : end + 1].sum(0).min() < -32768
        ):
            runs.append(range(first, end))
            first = end
    return runs


def groups(channels: int) -> np.ndarray:
    """int [groups, 16]: channels that are computed together, in the order of their lanes; -1 beyond the last one."""
    numbers = np.arange(-(-channels // GROUP) * GROUP).reshape(-1, GROUP)
    return np.where(numbers < channels, numbers, -1)[:, _LANES]


def packed(taps: np.ndarray) -> np.ndarray:
    """int8 [taps, C] in the order of reading: groups of 16 channels, or what is left of them, all taps of each. What is
    read beyond the end are zeros."""
    pieces = [taps[:, first : first + GROUP].reshape(-1) for first in range(0, taps.shape[1], GROUP)]
    return np.concatenate([*pieces, np.zeros(-taps.shape[1] % GROUP, np.int8)])
