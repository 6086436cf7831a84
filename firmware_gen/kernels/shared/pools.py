"""AVERAGE_POOL_2D and MAX_POOL_2D over windows clipped to the input. See runtime_sim/ops/shared/pools.py."""

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type
from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.firmware_gen.graph.window import window
from ticktalk.runtime_sim.arithmetic.fixed_point import activation_range
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node


def kernel(node: Node, average: bool, formula: str, isa: str) -> Kernel:
    """Compile to one function for all positions and channels, several channels at a time where the instruction set
    allows: all pools with MVE, means with SXTAB16."""
    source, target = node.input(0, ACTIVATIONS), node.output(0, ACTIVATIONS)
    area = window(node, source, target, node.option("filter_h"), node.option("filter_w"))
    low, high = activation_range(node.option("activation"), target.scale, target.zero_point, target.dtype)
    limits = np.iinfo(source.dtype)
    context = {
        "window": area, "average": average, "low": low, "high": high, "least": limits.min,
        "clamped": (low, high) != (limits.min, limits.max), "type": c_type(np.empty(0, source.dtype)),
        "dsp": isa == "dsp",
    }  # fmt: skip
    groups = {"mve": (8,) if average else (16,), "dsp": (8, 4) if average else ()}.get(isa, ())
    if source.dtype != np.int8 or (average and area.taps > 255):  # the sums might not fit int16
        groups = ()
    context["group"] = next((group for group in groups if group <= area.in_channels), 1)
    hint = f"{'average' if average else 'max'}_pool_{area.height}x{area.width}_c{area.in_channels}"
    return Kernel((Function("shared/pool.c.j2", hint, context),), (Input(0), Output(0)), formula)
