"""Kernel for RESIZE_BILINEAR, with tables for rows and columns. See runtime_sim/ops/resize_bilinear.py."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.resize_bilinear import positions


def kernel(node: Node, isa: str) -> Kernel:
    """Compile with tables that hold the simulator's positions as offsets into the input."""
    source, target = node.input(0), node.output(0)
    batches, height, width, channels = source.shape
    _, rows, columns, _ = target.shape
    context = {
        "batches": batches,
        "image": height * width * channels,
        "channels": channels,
        "rows": rows,
        "columns": columns,
    }
    return Kernel(
        (Function("resize_bilinear.c.j2", f"resize_to_{rows}x{columns}_c{channels}", context),),
        (
            Input(0), Constant("rows", _table(positions(node, height, rows), width * channels)),
            Constant("columns", _table(positions(node, width, columns), channels)), Output(0),
        ),
        "y = mean of the four values around a position, weighted by distance, rounded half away from zero",
    )  # fmt: skip


def _table(found: tuple[np.ndarray, np.ndarray, np.ndarray], step: int) -> np.ndarray:
    """Return int32 [positions, 3]: the offsets of the lower and upper neighbours, and the upper weight times 1024."""
    low, high, weight = found
    return np.stack([low * step, high * step, weight], axis=1).astype(np.int32)
