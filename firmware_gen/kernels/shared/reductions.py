"""MEAN, SUM, REDUCE_MAX and REDUCE_MIN: for each result, a loop over the reduced elements.

See runtime_sim/ops/shared/reductions.py."""

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type
from ticktalk.firmware_gen.graph.kernel import WINDOW, Function, Input, Kernel, Output
from ticktalk.firmware_gen.graph.loops import nest
from ticktalk.runtime_sim.arithmetic.fixed_point import quantize_multiplier
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node


def kernel(node: Node, kind: str, formula: str) -> Kernel:
    """Compile a reduction. `kind` is "mean", "sum", "max" or "min"."""
    source, target = node.input(0, ACTIVATIONS), node.output(0, ACTIVATIONS)
    limits = np.iinfo(source.dtype)
    axes = {node.axis(axis, len(source.shape)) for axis in node.integers(1)}
    numbers = np.arange(source.size).reshape(source.shape)
    within: list[slice | int] = [slice(None) if axis in axes else 0 for axis in range(numbers.ndim)]
    starts: list[slice | int] = [0 if axis in axes else slice(None) for axis in range(numbers.ndim)]
    if WINDOW in node.operator.options:
        axis, rows = node.operator.options[WINDOW]
        within[axis], starts[axis] = slice(rows), slice(source.shape[axis] - rows + 1)
    kept, folded = (numbers[tuple(where)].reshape(-1, 1) for where in (starts, within))
    context = {
        "kind": kind, "outer": nest(kept), "inner": nest(folded), "size": target.size, "count": len(folded),
        "type": c_type(np.empty(0, source.dtype)), "low": limits.min, "high": limits.max,
        "zeros": (source.zero_point, target.zero_point), "factor": _factor(source, target, kind, len(folded)),
    }  # fmt: skip
    function = Function("shared/reduce.c.j2", f"{kind}_{source.size}_to_{target.size}", context)
    return Kernel((function,), (Input(0), Output(0)), formula)


def _factor(source: Tensor, target: Tensor, kind: str, count: int) -> tuple[int, int] | None:
    """Return the multiplier and shift. As in TFLite, both include the division for a mean."""
    if kind in ("max", "min"):
        return None
    q, s = quantize_multiplier(np.float64(source.scale) / np.float64(target.scale))
    if kind == "mean":
        shift = min(count.bit_length() - 1, 32, 31 + s)
        q, s = (q << shift) // count, s - shift
    return q, s
