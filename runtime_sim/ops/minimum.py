"""MINIMUM: the lesser of two values, broadcasting, int8 or int16 of one quantisation."""

import numpy as np

from ticktalk.runtime_sim.graphs.node import ACTIVATIONS
from ticktalk.runtime_sim.ops.shared import along_time, elementwise

ALONG_TIME = along_time.ALONE
OPTIONS = None


def prepare(node):
    """The kernel."""
    node.count(2)
    node.same_quantisation(*elementwise.operands(node, ACTIVATIONS))
    return lambda a, b: np.minimum(a, b)
