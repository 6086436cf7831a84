"""The tensors of a streaming graph as the C code computes them: zero or more rows per tick."""

import numpy as np

from ticktalk.firmware_gen.graph.schedule import Schedule
from ticktalk.proof.trace import Key


def in_ticks(plan: Schedule, graph: int, tensors: dict[int, np.ndarray], length: int) -> dict[Key, np.ndarray]:
    """Return the rows computed in each tick, by tick and tensor.

    `tensors` holds whole tensors for an input of `length` rows.
    """
    found = {}
    for tick in range(plan.ticks(length)):
        for index, values in tensors.items():
            first, end = plan.made(index, tick, length)
            if end > first:
                found[Key(graph, tick, index)] = values.take(range(first, end), plan.axis(index))
    return found


def joined(plan: Schedule, chunks: list[dict[int, np.ndarray]], rows: int) -> dict[int, np.ndarray]:
    """Join chunks into whole tensors. Each chunk of the input starts `rows` rows after the previous one."""
    return {
        index: np.concatenate(
            [chunk[index].take(range(rows), plan.axis(index)) for chunk in chunks[:-1]] + [chunks[-1][index]],
            plan.axis(index),
        )
        for index in chunks[0]
    }
