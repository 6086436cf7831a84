"""TANH: int8 to int8 of scale 1/128 and zero point 0; see _sigmoid.py."""

from ticktalk.runtime_sim.arithmetic import gemmlowp
from ticktalk.runtime_sim.ops.shared import sigmoids

OPTIONS = None


def prepare(node):
    """The kernel: a table."""
    return sigmoids.prepare(node, gemmlowp.tanh, 1 / 128, 0)
