"""ADD_N: the sum of int8 tensors with the same shape and quantisation. See shared/totals.py."""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time, totals
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that adds its operands."""
    count = len(node.operator.inputs)
    node.count(max(count, 2))
    sources = [node.input(position) for position in range(count)]
    if any(source.shape != sources[0].shape for source in sources):
        node.fail("the inputs must have the same shape")
    node.same_quantisation(*sources)
    target = node.output(0, shape=sources[0].shape)
    q, s = totals.factor(node, sources[0], target)
    zero = sources[0].zero_point

    def run(*values: np.ndarray) -> np.ndarray:
        return totals.finish(np.sum(values, axis=0, dtype=np.int64) - (count + 1) * zero, target, q, s)

    return run
