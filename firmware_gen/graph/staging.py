"""Use free memory to save time: kernels with more scratch, and copies of constants for boards with slow flash.

At most steps, the arena is larger than the live buffers, so some kernels can have more scratch at no cost. If flash
makes the core wait, the arena may grow by `GROWTH` bytes. Each block of positions reads all weights of its layer, so
reading them from flash once and copying them takes less time.
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
    """Return `graph` with the option SHORT_LOOPS in all operators, because slow flash also contains the code."""
    operators = (replace(operator, options=operator.options | {SHORT_LOOPS: True}) for operator in graph.operators)
    return replace(graph, operators=tuple(operators))


def with_more_scratch(
    graph: Graph, kernels: list[Kernel | View], slow_flash: bool
) -> tuple[list[Kernel | View], Layout]:
    """Return faster kernels, with copied constants if `slow_flash` is true, and their layout."""
    layout = lay_out(graph, kernels)
    limit = layout.plan.bytes + (GROWTH if slow_flash else 0)
    chosen = list(kernels)
    for i, (operator, kernel) in enumerate(zip(graph.operators, kernels)):
        if isinstance(kernel, Kernel):
            room = limit - layout.plan.bounds[operator.index] + _aligned(kernel.scratch)
            chosen[i] = _faster(kernel, room, slow_flash)
    if chosen == kernels:
        return kernels, layout
    faster = lay_out(graph, chosen)
    over = [i for i, operator in enumerate(graph.operators) if faster.plan.bounds[operator.index] > limit]
    if over:
        chosen = [kernels[i] if i in over else each for i, each in enumerate(chosen)]
        faster = lay_out(graph, chosen)
    return (chosen, faster) if slow_flash or faster.plan.bytes <= limit else (kernels, layout)


def _faster(kernel: Kernel, room: int, copies: bool) -> Kernel:
    """Return a faster kernel with at most `room` bytes of scratch, or the kernel, with copied constants if `copies`."""
    faster = kernel.faster(room) if kernel.faster else None
    return faster or (_copied(kernel) if copies and kernel.reads >= READS else kernel)


def _copied(kernel: Kernel) -> Kernel:
    """Return the kernel with all constants copied behind its own scratch."""
    arguments: list[Argument] = []
    size = kernel.scratch
    for argument in kernel.arguments:
        if isinstance(argument, Constant):
            offset = _aligned(size)
            size = offset + argument.values.nbytes
            argument = Copy(argument, offset)
        arguments.append(argument)
    return replace(kernel, arguments=tuple(arguments), scratch=size, reads=1)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
