"""MAX_POOL_2D: the greatest value inside the window, which is in _pool.py."""

import numpy as np

from runtime_sim.ops import _pool

OPTIONS = _pool.OPTIONS


def prepare(node):
    """The kernel: a running maximum over the taps."""
    height, width, shape, (low, high) = _pool.prepare(node)

    def run(x):
        best = np.full(shape, -128, np.int8)
        for values in _pool.taps(x, height, width, -128):
            np.maximum(best, values, out=best)
        return np.clip(best, low, high).astype(np.int8)

    return run
