"""CUMSUM: the running sum along a constant axis. Tensors are int8. See shared/totals.py.

`exclusive` leaves out the element itself, and `reverse` starts at the end.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, totals
from ticktalk.runtime_sim.ops.shared.extremes import axis_of
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = Options(102, {"exclusive": Field(0, "bool"), "reverse": Field(1, "bool")})


def prepare(node: Node) -> Kernel:
    """Return a kernel that adds up the values."""
    node.count(2)
    source = node.input(0)
    target = node.output(0, shape=source.shape)
    axis = axis_of(node)
    q, s = totals.factor(node, source, target)

    def run(x: np.ndarray, *_: object) -> np.ndarray:
        centred = x.astype(np.int64) - source.zero_point
        ordered = np.flip(centred, axis) if node.option("reverse") else centred
        sums = ordered.cumsum(axis) - (ordered if node.option("exclusive") else 0) - source.zero_point
        return totals.finish(np.flip(sums, axis) if node.option("reverse") else sums, target, q, s)

    return run
