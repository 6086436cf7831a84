"""EQUAL, LESS and similar operators: compare two int8 or int32 operands with broadcasting. The result is bool.

int8 operands are rescaled with 8 bits of headroom by their own scales, which must be below 1.
Source: tensorflow/lite/micro/kernels/comparisons.cc, tensorflow/lite/kernels/internal/reference/comparisons.h.
"""

from collections.abc import Callable

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import INT8, Node
from ticktalk.runtime_sim.ops.shared import elementwise, plain
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

HEADROOM = 8


def prepare(node: Node, compare: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Kernel:
    """Return a kernel that applies `compare` to int32 operands, or to rescaled int8 operands."""
    node.count(2)
    if plain.is_plain(node):
        elementwise.operands(node, (np.int32,), np.bool_)
        return compare
    first, second, _ = elementwise.operands(node, INT8, np.bool_)
    factors = [factor(node, tensor) for tensor in (first, second)]

    def run(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        raised = [
            multiply_by_quantized_multiplier((x.astype(np.int64) - tensor.zero_point) << HEADROOM, *each)
            for x, tensor, each in zip((a, b), (first, second), factors, strict=True)
        ]
        return compare(*raised)

    return run


def factor(node: Node, tensor: Tensor) -> tuple[int, int]:
    """Return the multiplier and the shift of an operand."""
    q, s = node.multiplier(np.float64(tensor.scale), 0)
    if s > 0 or not q:
        node.fail(f"the scale {tensor.scale} of {tensor.label} must be between 0 and 1")
    return q, s
