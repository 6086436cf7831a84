"""The operators, one per file. The file name identifies the operator: CONV_2D is in ops/conv_2d.py.

Each file defines:
- `ALONG_TIME`: how the operator behaves along the time axis (shared/along_time.py).
- `OPTIONS`: its options table (tflite_schema.Options), or None.
- `prepare(node) -> kernel`: checks the node (ModelError) and returns `kernel(*operands) -> ndarray`, or a list of
  arrays if the operator has several outputs. The operands are arrays in the order of the operator's inputs, with None
  for each absent input.
- optionally `state(node) -> ndarray`: checks the node and returns the initial value of the operator's state, which
  becomes its last input and its last output.
"""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import Options
from ticktalk.runtime_sim.ops.shared.along_time import MIXED, AlongTime
from ticktalk.runtime_sim.ops.shared.kernel import Kernel, ManyKernel


class OperatorModule(Protocol):
    """The interface of an operator's module."""

    ALONG_TIME: AlongTime
    OPTIONS: Options | None

    def prepare(self, node: Node) -> Kernel | ManyKernel:
        """Check `node` and return its kernel. Raises `ModelError` if the node is not supported."""


@cache
def find(name: str) -> OperatorModule | None:
    """Return the module of an operator, given its name ("CONV_2D"), or None if it is not supported."""
    module = f"{__name__}.{name.lower()}"
    return import_module(module) if name.isupper() and name.isidentifier() and find_spec(module) else None


def prepare(node: Node) -> Kernel | ManyKernel:
    """Return the kernel of `node`. Raises `ModelError` if the operator or the node is not supported."""
    module = find(node.operator.name)
    if module is None:
        node.fail("is not supported")
    return module.prepare(node)


def along_time_of(name: str) -> AlongTime:
    """Return an operator's behaviour along the time axis, or MIXED if the operator is not supported."""
    module = find(name)
    return MIXED if module is None else module.ALONG_TIME
