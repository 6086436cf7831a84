"""DEPTHWISE_CONV_2D: a convolution with separate weights per channel. See runtime_sim/ops/depthwise_conv_2d.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import SHORT_LOOPS, STAGED, Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.firmware_gen.graph.requantise import bias, channel_factors, requantisation
from ticktalk.firmware_gen.graph.window import Window, window
from ticktalk.firmware_gen.kernels.dense import choose, direct, layer
from ticktalk.firmware_gen.kernels.dense.layer import STAGE
from ticktalk.firmware_gen.kernels.depthwise import dsp, mve, windows_mve
from ticktalk.firmware_gen.kernels.epilogue.epilogue import epilogue_of
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node

GROUP = 4  # channels computed together with DSP instructions


def kernel(node: Node, isa: str) -> Kernel:
    """Compile the operator, in place where possible.

    Layers with padding access their taps through pointers, because padding is read from a column of zero points.
    Without padding, results may overwrite the input, because later positions read only values at higher addresses.
    With padding, results may overwrite the input if nothing else reads it. In this case, `saved` rows of the input are
    kept in scratch until no window needs them.
    """
    source, target = node.input(0, ACTIVATIONS), node.output(0, ACTIVATIONS)
    kernels = node.input(1)
    _, height, width, outputs = kernels.shape
    area = window(node, source, target, height, width)
    if source.dtype == np.int16:
        return direct.kernel(node, area, node.constant(1, (np.int8,)).transpose(3, 1, 2, 0))
    taps = node.constant(1, (np.int8,)).reshape(height * width, outputs)
    factors = channel_factors(source, kernels, target, outputs)
    table = requantisation(taps.T, bias(node, outputs), factors, source, target, node.option("activation"))
    multiplier = outputs // source.shape[3]
    formula = (
        f"y[p][c] = clamp({target.zero_point} + scale[c] * (bias[c] + sum over {len(taps)} taps of (x[c] - "
        f"{source.zero_point}) * w[c]))"
    )
    staged = node.operator.options.get(STAGED, False)
    if source.shape[3] == 1 and multiplier > 1:  # a convolution
        step = area.step if area.run else None
        after = epilogue_of(node, isa)
        short = node.operator.options.get(SHORT_LOOPS, False)
        dense = layer.Dense(area.positions, step, table, formula, after, area, source.zero_point, staged, short)
        return choose.kernel(dense, isa)
    if isa == "mve" and multiplier == 1 and not staged and windows_mve.suits(area):
        return windows_mve.kernel(area, table, source.zero_point, formula)
    if isa == "mve" and multiplier == 1:
        return mve.kernel(area, table, source.zero_point, formula, staged)
    grouped = isa != "portable" and multiplier == 1 and outputs >= GROUP
    table = table.for_dsp() if grouped else table
    if grouped and not staged and dsp.suits(area):
        return dsp.kernel(area, table, source.zero_point, formula)
    # The last group of four overlaps the previous one if the number of channels is not a multiple of four. If the layer
    # worked in place, this group would read results instead of inputs.
    whole = multiplier == 1 and not (grouped and outputs % GROUP)
    saved = area.top + 1 if whole and _rows_stay(area) and _last_reader(node) else 0
    context = {
        "window": area,
        "multiplier": multiplier,
        "grouped": grouped,
        "offsets": _offsets(area),
        "saved": saved,
        **table.context,
    }
    taps = table.rows.T
    weights = Constant("weights", packed(taps) if grouped else taps)
    # Sizes in bytes of copies of the weights and of the channels' parameters, for reading them only once.
    staged = staged and not area.padded and area.positions > 1
    words = table.words
    stage = weights.values.size, 4 * words * outputs
    scratch = (source.zero_point, Scratch()) if area.padded else (Scratch(),) if staged else ()
    context |= {"staged": stage if staged else (), "parameter": "bias" if table.form == "layer" else "channels"}
    return Kernel(
        (
            *([STAGE] if staged else []),
            Function("depthwise/position.c.j2", f"depthwise_{height}x{width}_c{outputs}_place", context),
            Function("depthwise_conv_2d.c.j2", f"depthwise_{height}x{width}_c{outputs}", context),
        ),
        (Input(0), weights, *table.arguments, *scratch, Output(0)),
        formula,
        macs=area.positions * taps.size,
        scratch=source.shape[3] * (1 + saved * area.in_width) if area.padded else _room(stage) if staged else 0,
        in_place=(0,) if whole and (saved or not area.padded) else (),
        reads=1 if staged else area.positions,
    )


def _room(stage: tuple[int, int]) -> int:
    """Return the size of the copies, each of which is aligned."""
    return sum(-(-size // 16) * 16 for size in stage)


def _rows_stay(area: Window) -> bool:
    """Return whether there is padding and the output has the input's height and width, with more than one row."""
    return area.padded and area.in_height > 1 and (area.in_height, area.in_width) == (area.out_height, area.out_width)


def _last_reader(node: Node) -> bool:
    """Return whether no other operator reads the input and the input is not an output of the graph."""
    source = node.operator.inputs[0]
    return source not in node.graph.outputs and len(node.graph.consumers[source]) == 1


def _offsets(area: Window) -> list[int]:
    """Return the offset, in elements, of each tap of a window from the first one."""
    return [
        (i * area.dilation_h * area.in_width + j * area.dilation_w) * area.in_channels
        for i in range(area.height)
        for j in range(area.width)
    ]


def packed(taps: np.ndarray) -> np.ndarray:
    """Pack int8 [taps, C] in read order, in groups of four channels.

    For each pair of taps k and k+1, a group contains the words (k c0, k c1, k+1 c0, k+1 c1) and
    (k c2, k c3, k+1 c2, k+1 c3). If the number of taps is odd, the last one is stored as (c0, c1, c2, c3). If C is not
    a multiple of four, the last group consists of the last four channels."""
    count, channels = taps.shape
    pieces = []
    for first in np.minimum(np.arange(0, channels, GROUP), channels - GROUP):
        group = taps[:, first : first + GROUP]
        even = group[: count // 2 * 2].reshape(-1, 2, 2, 2)  # pair, tap, half, channel
        pieces += [even.transpose(0, 2, 1, 3).reshape(-1), group[count // 2 * 2 :].reshape(-1)]
    return np.concatenate(pieces)
