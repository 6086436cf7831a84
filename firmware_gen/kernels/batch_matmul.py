"""BATCH_MATMUL: products of matrices that are both computed at run time. See runtime_sim/ops/batch_matmul.py."""

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type
from ticktalk.firmware_gen.graph.kernel import Function, Input, Kernel, Output
from ticktalk.firmware_gen.graph.loops import nest
from ticktalk.firmware_gen.kernels.shared.rescaling import accumulator, rescaling
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to loops over batches (with broadcasting), rows, columns and depth.

    Transposed operands are read column by column.
    """
    first, second, target = node.input(0, ACTIVATIONS), node.input(1, ACTIVATIONS), node.output(0, ACTIVATIONS)
    *batches, rows, columns = target.shape
    depth = first.size // (rows * int(np.prod(first.shape[:-2])))
    starts = [
        np.broadcast_to(np.arange(0, tensor.size, size).reshape(tensor.shape[:-2]), batches).reshape(-1)
        for tensor, size in ((first, rows * depth), (second, depth * columns), (target, rows * columns))
    ]
    reach = depth * _furthest(first) * _furthest(second)
    # TFLite rounds the product of the scales to float32, as for FULLY_CONNECTED.
    factor = np.float64(np.float32(first.scale * second.scale)) / np.float64(target.scale)
    limits = np.iinfo(target.dtype)
    context = {
        "loops": nest(np.stack(starts, axis=1)),
        "rows": rows,
        "columns": columns,
        "depth": depth,
        "steps": (
            (1, rows) if node.option("adj_x") else (depth, 1),
            (1, depth) if node.option("adj_y") else (columns, 1),
        ),
        "type": c_type(np.empty(0, target.dtype)),
        "sum_type": c_type(np.empty(0, accumulator(node, reach))),
        "zeros": (first.zero_point, second.zero_point, target.zero_point),
        "factor": rescaling(factor, target.dtype),
        "low": limits.min,
        "high": limits.max,
    }
    return Kernel(
        (Function("batch_matmul.c.j2", f"matmul_{rows}x{depth}x{columns}", context),),
        (Input(0), Input(1), Output(0)),
        f"y = clamp({target.zero_point} + scale * sum of {depth} products (a - {first.zero_point}) * (b - "
        f"{second.zero_point}))",
        macs=target.size * depth,
    )


def _furthest(tensor: Tensor) -> int:
    """Return the maximum magnitude of a value minus the zero point."""
    limits = np.iinfo(tensor.dtype)
    return int(max(limits.max - tensor.zero_point, tensor.zero_point - limits.min))
