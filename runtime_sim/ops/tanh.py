"""TANH: converts int8 to int8 with scale 1/128 and zero point 0, or int16 to int16; see shared/sigmoids.py."""

from ticktalk.runtime_sim.arithmetic import gemmlowp, sigmoid_table
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time, sigmoids
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return the kernel from shared/sigmoids.py."""
    return sigmoids.prepare(node, gemmlowp.tanh, 1 / 128, 0, sigmoid_table.tanh, 1)
