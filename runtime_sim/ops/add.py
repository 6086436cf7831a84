"""ADD: x1 + x2, broadcasting, int8 or int16; the arithmetic is in _sum.py."""

from runtime_sim.ops import _sum
from runtime_sim.schema import Field, Options

OPTIONS = Options(11, {"activation": Field(0, "activation")})


def prepare(node):
    """The kernel; see _sum."""
    return _sum.prepare(node, 1)
