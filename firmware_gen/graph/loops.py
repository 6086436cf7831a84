"""Express sequences of element indices as nested loops with constant strides."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Loop:
    """A loop of `count` iterations, each of which advances the index into array i by `steps[i]` elements."""

    count: int
    steps: tuple[int, ...]


def nest(numbers: np.ndarray) -> list[Loop] | None:
    """Return the loops, outermost first, that visit the indices `numbers` [n, arrays] in order, starting at numbers[0].

    Returns None if the indices have no regular pattern.
    """
    loops: list[Loop] = []
    while len(numbers) > 1:
        steps = numbers[1] - numbers[0]
        breaks = np.flatnonzero(np.any(np.diff(numbers, axis=0) != steps, axis=1)) + 1
        # Every iteration of the outer loop must start at a multiple of the inner count.
        count = math.gcd(*breaks.tolist(), len(numbers))
        if count == 1:
            return None
        loops.insert(0, Loop(count, tuple(steps.tolist())))
        numbers = numbers[::count]
    return loops
