"""AVERAGE_POOL_2D and MAX_POOL_2D over windows clipped to the input. See runtime_sim/ops/shared/pools.py."""

from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.firmware_gen.graph.window import window
from ticktalk.runtime_sim.arithmetic.fixed_point import activation_range
from ticktalk.runtime_sim.graphs.node import Node


def kernel(node: Node, average: bool, formula: str) -> Kernel:
    """Compile to one function for all positions and channels."""
    source, target = node.input(0), node.output(0)
    area = window(node, source, target, node.option("filter_h"), node.option("filter_w"))
    low, high = activation_range(node.option("activation"), target.scale, target.zero_point, target.dtype)
    context = {"window": area, "average": average, "low": low, "high": high, "clamped": (low, high) != (-128, 127)}
    hint = f"{'average' if average else 'max'}_pool_{area.height}x{area.width}_c{area.in_channels}"
    return Kernel((Function("shared/pool.c.j2", hint, context),), (Input(0), Output(0)), formula)
