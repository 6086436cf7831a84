"""REDUCE_MAX: the greatest value over some axes, int8; see _reduce.py."""

from runtime_sim.ops import _reduce

OPTIONS = _reduce.OPTIONS


def prepare(node):
    """The kernel."""
    source, target, axes = _reduce.prepare(node)
    node.same_quantisation(source, target)
    return lambda x, *_: x.max(axes).reshape(target.shape)
