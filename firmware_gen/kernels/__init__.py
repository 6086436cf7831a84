"""One file per operator: `<op>.py` checks, packs and chooses; `<op>.c.j2`, or a template shared by operators, is its C.

`<op>.py` has one public function, `kernel(node: Node, isa: str) -> Kernel | View`. Operators are found by file name,
so you add one without editing any list. Code that several operators use lies in the subfolders.
"""

from importlib import import_module
from importlib.util import find_spec

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.kernel import Kernel, View
from ticktalk.runtime_sim.graphs.node import Node


def compile_operator(node: Node, isa: str) -> Kernel | View:
    """Compile the operator of `node`. Raises BuildError if there is no kernel for it."""
    module = f"{__name__}.{node.operator.name.lower()}"
    if not node.operator.name.isidentifier() or find_spec(module) is None:
        raise BuildError(f"{node.graph.name}: {node.operator.label}: there is no kernel for this operator")
    return import_module(module).kernel(node, isa)
