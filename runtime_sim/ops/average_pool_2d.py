"""AVERAGE_POOL_2D: sum / count over the values inside the input, rounded half away from zero.

The zero point is not subtracted. shared/pools.py handles the window.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time, pools
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.window(None)
OPTIONS = pools.OPTIONS


def prepare(node: Node) -> Kernel:
    """Return a kernel that averages the values inside the input."""
    height, width, (low, high) = pools.prepare(node)
    counts = pools.fold(np.ones((1, height.extent, width.extent, 1), np.int32), height, width, 0, np.add)

    def run(x: np.ndarray) -> np.ndarray:
        sums = pools.fold(x.astype(np.int32), height, width, 0, np.add)
        means = np.sign(sums) * ((np.abs(sums) + counts // 2) // counts)
        return np.clip(means, low, high).astype(x.dtype)

    return run
