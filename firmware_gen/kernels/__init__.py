"""An operator is `<op>.py`, which checks, packs and chooses; its C is `<op>.c.j2`, or a template that operators share.

`<op>.py` has one function, `kernel(node: Node, isa: str) -> Kernel | View`. Operators are found by their file's
name, so adding one edits no list. What several operators use lies in the folders beside them.
"""

from importlib import import_module
from importlib.util import find_spec

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.kernel import Kernel, View
from ticktalk.runtime_sim.graphs.node import Node


def compile_operator(node: Node, isa: str) -> Kernel | View:
    """What computes the operator of `node`. Raises BuildError where there is no kernel for it."""
    module = f"{__name__}.{node.operator.name.lower()}"
    if not node.operator.name.isidentifier() or find_spec(module) is None:
        raise BuildError(f"{node.graph.name}: {node.operator.label}: there is no kernel for this operator")
    return import_module(module).kernel(node, isa)
