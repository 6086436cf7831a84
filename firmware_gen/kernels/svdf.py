"""SVDF: filters that keep their most recent products. See runtime_sim/ops/svdf.py."""

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type
from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.ops.svdf import factors


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to a loop over outputs. The state is updated in place, filter by filter."""
    source, features = node.input(0), node.input(1)
    times, state, target = node.input(2, ACTIVATIONS), node.input(4, ACTIVATIONS), node.output(0)
    filters, memory = times.shape
    inner, outer = (node.multiplier(factor) for factor in factors(source, features, times, state, target))
    limits = np.iinfo(state.dtype)
    context = {
        "batches": source.shape[0], "depth": source.shape[1], "units": target.shape[1],
        "rank": filters // target.shape[1], "memory": memory, "type": c_type(np.empty(0, state.dtype)),
        "zeros": (source.zero_point, target.zero_point, state.zero_point), "inner": inner, "outer": outer,
        "low": limits.min, "high": limits.max, "clamp": "tt_clamp" if state.dtype == np.int8 else "tt_clamp_wide",
    }  # fmt: skip
    return Kernel(
        (Function("svdf.c.j2", f"svdf_{filters}x{source.shape[1]}x{memory}", context),),
        (
            Input(0), Constant("features_weights", features.constant), Constant("times_weights", times.constant),
            Constant("bias", node.constant(3, (np.int32,))), Output(0), Output(1),
        ),
        f"y = clamp({target.zero_point} + scale * (bias + sum over {memory} times of kept products with x))",
        macs=source.shape[0] * filters * (source.shape[1] + memory),
        reads=source.shape[0],
    )  # fmt: skip
