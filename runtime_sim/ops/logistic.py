"""LOGISTIC: 1 / (1 + exp(-x)), int8 to int8 of scale 1/256 and zero point -128; see _sigmoid.py."""

from runtime_sim import gemmlowp
from runtime_sim.ops import _sigmoid

OPTIONS = None


def prepare(node):
    """The kernel: a table."""
    return _sigmoid.prepare(node, gemmlowp.logistic, 1 / 256, -128)
