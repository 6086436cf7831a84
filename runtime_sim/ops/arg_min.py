"""ARG_MIN: the position of the first minimum along an axis. Converts int8 to int32; see shared/extremes.py."""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time, extremes
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that finds the minimum."""
    return extremes.prepare(node, np.argmin)
