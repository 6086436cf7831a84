"""MAX_POOL_2D: the greatest value inside the window, which is in _pool.py."""

import numpy as np

from runtime_sim.ops import _pool

OPTIONS = _pool.OPTIONS


def prepare(node):
    """The kernel: a running maximum."""
    height, width, (low, high) = _pool.prepare(node)

    def run(x):
        return np.clip(_pool.fold(x, height, width, -128, np.maximum), low, high).astype(np.int8)

    return run
