"""Arithmetic on int32, and products in float32. See runtime_sim/ops/shared/plain.py."""

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type
from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.shared import binary
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import plain

_WRAPPING = "(int32_t)((uint32_t)a {} (uint32_t)b)"
# The formula and the C expression of each operator.
_FORMS = {
    "ADD": ("x1 + x2", _WRAPPING.format("+")),
    "SUB": ("x1 - x2", _WRAPPING.format("-")),
    "MUL": ("x1 * x2", _WRAPPING.format("*")),
    "DIV": ("x1 / x2", "a / b"),
    "MAXIMUM": ("the greater of x1 and x2", "a > b ? a : b"),
    "MINIMUM": ("the lesser of x1 and x2", "a < b ? a : b"),
}


def kernel(node: Node) -> Kernel | None:
    """Compile the operator to one C expression per element, or return None if its operands are quantised."""
    if not plain.is_plain(node):
        return None
    tensors = [node.graph.tensors[index] for index in (*node.operator.inputs, *node.operator.outputs)]
    first, second, target = tensors
    computed = c_type(np.empty(0, target.dtype))
    formula, expression = _FORMS[node.operator.name]
    context = {"computed": computed, "formula": formula, "expression": "a * b" if computed == "float" else expression}
    return binary.over(node, (first, second, target), "shared/plain.c.j2", context, f"y = {formula}")
