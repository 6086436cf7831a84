"""DEPTHWISE_CONV_2D: each channel under its own window. See runtime_sim/ops/depthwise_conv_2d.py."""

import numpy as np

from firmware_gen.kernel import Constant, Function, Input, Kernel, Output, Scratch
from firmware_gen.requantise import bias, channel_factors, requantisation
from firmware_gen.window import window
from runtime_sim.node import Node


def kernel(node: Node, isa: str) -> Kernel:
    """One function; the rows of a window that is padded are found through pointers, padding is a row of zero points."""
    source, target = node.input(0), node.output(0)
    weights = node.input(1)
    _, height, width, outputs = weights.shape
    area = window(node, source, target, height, width)
    taps = node.constant(1, (np.int8,)).reshape(height * width, outputs)
    factors = channel_factors(source, weights, target, outputs)
    table = requantisation(taps.T, bias(node, outputs), factors, source, target, node.option("activation"))
    context = {"window": area, "multiplier": outputs // source.shape[3], "fill": source.zero_point, **table.context}
    hint = f"depthwise_{height}x{width}_c{outputs}"
    scratch = (Scratch(),) if area.padded else ()
    return Kernel(
        (Function("depthwise_conv_2d.c.j2", hint, context),),
        (Input(0), Constant("weights", taps), Constant("channels", table.channels), table.zero_point, *scratch, Output(0)),
        f"y[p][c] = clamp({target.zero_point} + scale[c] * (bias[c] + sum over {len(taps)} taps of (x[c] - {source.zero_point}) * w[c]))",
        macs=area.positions * taps.size,
        scratch=source.shape[3] if area.padded else 0,
    )
