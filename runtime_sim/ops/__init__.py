"""The operators, one file each, found by name: CONV_2D is ops/conv_2d.py.

A file has
- `ALONG_TIME`: how the operator behaves along time (shared/along_time.py);
- `OPTIONS`: its options table (tflite_schema.Options), or None;
- `prepare(node) -> kernel`: checks everything that can be known before the first sample (ModelError), and returns
`kernel(*operands) -> ndarray`, or a list of arrays if the operator has several outputs. Operands are arrays in the
order of the operator's inputs, None for absent ones.
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
    """The contents of a file in this folder."""

    ALONG_TIME: AlongTime
    OPTIONS: Options | None

    def prepare(self, node: Node) -> Kernel | ManyKernel:
        """Check `node` and return its kernel."""


@cache
def find(name: str) -> OperatorModule | None:
    """Return the module of operator `name` ("CONV_2D"), or None if it is not supported."""
    module = f"{__name__}.{name.lower()}"
    return import_module(module) if name.isupper() and name.isidentifier() and find_spec(module) else None


def prepare(node: Node) -> Kernel | ManyKernel:
    """Return the kernel of `node` from its operator's file. ModelError if the operator is not supported."""
    module = find(node.operator.name)
    if module is None:
        node.fail("is not supported")
    return module.prepare(node)


def along_time_of(name: str) -> AlongTime:
    """Return how operator `name` behaves along time; MIXED if it is not supported."""
    module = find(name)
    return MIXED if module is None else module.ALONG_TIME
