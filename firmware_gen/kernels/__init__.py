"""Compile single operators to C code.

Each operator has a file `<op>.py`, which checks it, packs its constants and chooses the implementation. The C code is
in `<op>.c.j2` or in a template shared by several operators. `<op>.py` has one public function,
`kernel(node: Node, isa: str) -> Kernel | View`. Operators are found by file name, so they do not need to be
registered. Code shared by several operators is in the subfolders.
"""

from importlib import import_module
from importlib.util import find_spec

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.kernel import Kernel, View
from ticktalk.runtime_sim.graphs.node import Node


def compile_operator(node: Node, isa: str) -> Kernel | View:
    """Compile the operator of `node`. Raises BuildError if the operator has no kernel."""
    module = f"{__name__}.{node.operator.name.lower()}"
    if not node.operator.name.isidentifier() or find_spec(module) is None:
        raise BuildError(f"{node.graph.name}: {node.operator.label}: this operator has no kernel")
    return import_module(module).kernel(node, isa)
