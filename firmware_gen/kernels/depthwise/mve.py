"""Depthwise convolutions for MVE, computed for 16 channels at a time.

If a group has room for several positions, a vector holds those of all of them, which are consecutive in memory.
Products are accumulated in int16 lanes until they could overflow, and then widened. The rows under the window are read
in place. If there is padding, the rows are copied to lines in scratch that include the padding at both ends. A line is
reused once the window has passed its row."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.firmware_gen.graph.requantise import Requantisation
from ticktalk.firmware_gen.graph.window import Window
from ticktalk.firmware_gen.kernels.dense.layer import STAGE
from ticktalk.firmware_gen.kernels.shared import mve

GROUP = 16  # channels computed together
# The even and odd bytes form two vectors of halfwords. The even and odd halfwords of both form four vectors of words.
_LANES = [*range(0, 16, 4), *range(2, 16, 4), *range(1, 16, 4), *range(3, 16, 4)]


def kernel(area: Window, table: Requantisation, fill: int, formula: str, staged: bool) -> Kernel:
    """Compile a layer with one output per channel. `fill` is the value of the padding.

    If `staged` is true, the constants are copied to scratch, unless there is padding.
    """
    taps = table.rows.T
    channels = area.in_channels
    flat = channels < GROUP <= area.out_width * channels and GROUP % channels == 0 and area.stride_w == 1
    context = {"window": area, "sums": sums(taps), **mve.context(table)}
    columns = (area.out_width - 1) * area.stride_w + (area.width - 1) * area.dilation_w + 1  # columns per line
    context |= {"columns": columns, "flat": flat, "lines": (area.height - 1) * area.dilation_h + 1}
    hint = f"depthwise_{area.height}x{area.width}_c{channels}"
    lanes = groups(GROUP) % channels if flat else groups(channels)
    weights = packed(np.tile(taps, GROUP // channels) if flat else taps)
    parameters = mve.arguments(table, lanes, lanes)
    staged = staged and not area.padded and area.positions > 1
    first = sum(each.values.nbytes for each in parameters[:1] if isinstance(each, Constant))
    stage = (weights.size, first) if staged else ()
    context |= {"staged": stage}
    fits = area.out_height <= area.in_height and area.out_width <= area.in_width
    return Kernel(
        (
            *([STAGE] if staged else []),
            Function("depthwise/row_mve.c.j2", f"{hint}_row", context),
            Function("depthwise/mve.c.j2", hint, context),
        ),
        (
            Input(0), Constant("weights", weights), *parameters,
            *((fill, Scratch()) if area.padded else (Scratch(),) if staged else ()), Output(0),
        ),
        formula,
        macs=area.positions * taps.size,
        scratch=context["lines"] * columns * channels if area.padded else sum(-(-size // 16) * 16 for size in stage),
        # Computing in place is safe, because results overwrite only values that are not read again or that have been
        # copied.
        in_place=(0,) if fits else (),
        reads=1 if staged else area.positions,
    )  # fmt: skip


def sums(taps: np.ndarray) -> list[range]:
    """Split int8 [taps, C] into runs of taps whose products with any int8 values can be accumulated in int16."""
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
    """Return int [groups, 16]: the channels of each group in lane order, with -1 for unused lanes."""
    numbers = np.arange(-(-channels // GROUP) * GROUP).reshape(-1, GROUP)
    return np.where(numbers < channels, numbers, -1)[:, _LANES]


def packed(taps: np.ndarray) -> np.ndarray:
    """Pack int8 [taps, C] in read order, in groups of up to 16 channels. Each group contains all its taps.

    The last group is followed by zeros, because the C code reads whole vectors.
    """
    pieces = [taps[:, first : first + GROUP].reshape(-1) for first in range(0, taps.shape[1], GROUP)]
    return np.concatenate([*pieces, np.zeros(-taps.shape[1] % GROUP, np.int8)])
