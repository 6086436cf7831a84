"""AVERAGE_POOL_2D: sum / count over the values inside, rounded half away from zero; the zero point is not subtracted.

The arithmetic of the window is in _pool.py.
"""

import numpy as np

from runtime_sim.ops import _pool

OPTIONS = _pool.OPTIONS


def prepare(node):
    """The kernel: sums by taps, divided by the number of values that lie inside."""
    height, width, shape, (low, high) = _pool.prepare(node)
    inside = np.ones((1, height.extent, width.extent, 1), np.int32)
    counts = sum(_pool.taps(inside, height, width, 0))

    def run(x):
        sums = np.zeros(shape, np.int32)
        for values in _pool.taps(x, height, width, 0):
            sums += values
        means = np.sign(sums) * ((np.abs(sums) + counts // 2) // counts)
        return np.clip(means, low, high).astype(np.int8)

    return run
