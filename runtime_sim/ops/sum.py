"""SUM over some axes, int8, with the output's own scale; see _reduce.py."""

from runtime_sim.ops import _reduce

OPTIONS = _reduce.OPTIONS


def prepare(node):
    """The kernel."""
    return _reduce.scaled_sum(node, mean=False)
