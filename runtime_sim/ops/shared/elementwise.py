"""Element-wise operators. int8 has only 256 values, so a table can hold every result."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Dtypes, Node
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

_EVERY_INT8 = np.arange(-128, 128, dtype=np.int8)
# Minimum number of results for which a table of all 65536 pairs is worthwhile.
_WORTH_A_TABLE = 1 << 16


def unary(function: Callable[[np.ndarray], np.ndarray], dtype: npt.DTypeLike = np.int8) -> Kernel:
    """Return a kernel that looks up `function` in a table, which is computed on first use for all values of `dtype`.

    `dtype` is int8 or uint8.
    """
    table: list[np.ndarray] = []

    def run(x: np.ndarray, *_: object) -> np.ndarray:
        if not table:
            table.append(function(np.arange(256, dtype=np.uint8).view(dtype)))
        return np.take(table[0], x.view(np.uint8))

    return run


def rescaled(node: Node, function: Callable[[np.ndarray], np.ndarray]) -> Kernel:
    """Return the kernel of an int8 or int16 operator that rescales `function` of the distances from the zero point.

    The kernel uses a look-up table for int8 and computes int16 directly.
    """
    node.count(1)
    source = node.input(0, ACTIVATIONS)
    target = node.output(0, (source.dtype.type,), source.shape)
    node.symmetric(source, target)
    q, s = node.multiplier(np.float64(source.scale) / np.float64(target.scale))
    limits = np.iinfo(target.dtype)

    def run(x: np.ndarray, *_: object) -> np.ndarray:
        distances = function(x.astype(np.int64) - source.zero_point)
        values = multiply_by_quantized_multiplier(distances, q, s) + target.zero_point
        return np.clip(values, limits.min, limits.max).astype(target.dtype)

    return unary(run) if source.dtype == np.int8 else run


def binary(function: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Kernel:
    """Return a kernel that applies `function` to two arrays with broadcasting.

    Once an int8 kernel has computed many results, it looks up further results in a table of all pairs.
    """
    table: list[np.ndarray] = []
    count = 0

    def run(a: np.ndarray, b: np.ndarray, *_: object) -> np.ndarray:
        nonlocal count
        count += max(a.size, b.size)
        if not a.dtype == b.dtype == np.int8 or count < _WORTH_A_TABLE:
            return function(a, b)
        if not table:
            values = np.roll(_EVERY_INT8, 128)
            table.append(function(values[:, None], values[None, :]).reshape(-1))
        index = a.view(np.uint8).astype(np.uint16) << np.uint16(8) | b.view(np.uint8)
        return np.take(table[0], index)

    return run


def operands(
    node: Node, dtypes: Dtypes, result: type[np.generic] | None = None, second: Dtypes | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Return both operands and the result of a broadcasting operator.

    The first operand must have one of `dtypes`. The second operand and the result must have the same dtype, unless
    `second` or `result` specifies another one.
    """
    first = node.input(0, dtypes)
    other = node.input(1, second or (first.dtype.type,))
    try:
        shape = np.broadcast_shapes(first.shape, other.shape)
    except ValueError:
        node.fail(f"shapes {list(first.shape)} and {list(other.shape)} cannot be broadcast together")
    return first, other, node.output(0, (result or first.dtype.type,), shape)


def plain(node: Node, source: type[np.generic], target: type[np.generic]) -> Tensor:
    """Return the first operand, of type `source`. The result has the same shape, and the type `target`."""
    first = node.input(0, (source,), plain=True)
    node.output(0, (target,), first.shape, plain=True)
    return first
