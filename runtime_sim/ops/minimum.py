"""MINIMUM: the lesser of two values, broadcasting, int8 or int16 of one quantisation."""

import numpy as np

from runtime_sim.node import ACTIVATIONS
from runtime_sim.ops import _elementwise

OPTIONS = None


def prepare(node):
    """The kernel."""
    node.count(2)
    node.same_quantisation(*_elementwise.operands(node, ACTIVATIONS))
    return lambda a, b: np.minimum(a, b)
