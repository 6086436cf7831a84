"""Copy constants that a kernel reads repeatedly to scratch, for boards whose flash makes the core wait.

Each block of positions reads all weights of its layer. Reading them from flash once and copying them takes less time.
The copies enlarge the arena by at most `GROWTH` bytes, so the largest ones may be left out.
"""

from dataclasses import replace

from ticktalk.firmware_gen.graph.kernel import SHORT_LOOPS, Argument, Constant, Copy, Kernel, View
from ticktalk.firmware_gen.graph.layout import Layout
from ticktalk.firmware_gen.graph.memory_plan import ALIGNMENT
from ticktalk.firmware_gen.graph.storage import lay_out
from ticktalk.runtime_sim.graphs.graph import Graph

GROWTH = 6 << 10
READS = 4  # the least number of times that constants are read for a copy to save time


def with_short_loops(graph: Graph) -> Graph:
    """Return `graph` with the option SHORT_LOOPS in all operators, because slow flash also holds the code."""
    operators = (replace(operator, options=operator.options | {SHORT_LOOPS: True}) for operator in graph.operators)
    return replace(graph, operators=tuple(operators))


def staged(graph: Graph, kernels: list[Kernel | View], layout: Layout) -> tuple[list[Kernel | View], Layout]:
    """Return the kernels with copied constants, and the layout with the memory for the copies."""
    limit = layout.plan.bytes + GROWTH
    copied = [_copied(kernel) if isinstance(kernel, Kernel) and kernel.reads >= READS else kernel for kernel in kernels]
    bounds = lay_out(graph, copied).plan.bounds
    for i, operator in enumerate(graph.operators):
        if bounds[operator.index] > limit:
            copied[i] = kernels[i]
    return copied, lay_out(graph, copied)


def _copied(kernel: Kernel) -> Kernel:
    """Return the kernel with all constants copied behind its own scratch."""
    arguments: list[Argument] = []
    size = kernel.scratch
    for argument in kernel.arguments:
        if isinstance(argument, Constant):
            offset = -(-size // ALIGNMENT) * ALIGNMENT
            size = offset + argument.values.nbytes
            argument = Copy(argument, offset)
        arguments.append(argument)
    return replace(kernel, arguments=tuple(arguments), scratch=size, reads=1)
