"""MAX_POOL_2D: the maximum within the window; see shared/pools.py."""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time, pools
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.window(None)
OPTIONS = pools.OPTIONS


def prepare(node: Node) -> Kernel:
    """Return a kernel that computes a running maximum."""
    height, width, (low, high) = pools.prepare(node)

    def run(x: np.ndarray) -> np.ndarray:
        least = np.iinfo(x.dtype).min
        return np.clip(pools.fold(x, height, width, least, np.maximum), low, high).astype(x.dtype)

    return run
