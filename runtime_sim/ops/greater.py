"""GREATER: x1 > x2 with broadcasting. Converts int8 to bool; see shared/comparisons.py."""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time, comparisons
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return the kernel from shared/comparisons.py."""
    return comparisons.prepare(node, np.greater)
