"""SignalEnergy: |x|^2 as uint32 [N] of complex int16 x [2 N]. The bins outside `start_index` to `end_index` are 0.

TFLite Micro does not write those bins. Source: signal/src/energy.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import CustomOptions
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = CustomOptions(("end_index", "start_index"))


def prepare(node: Node) -> Kernel:
    """Return a kernel that computes the energies."""
    node.count(1)
    source = node.input(0, (np.int16,), 1, plain=True)
    target = node.output(0, (np.uint32,), (source.size // 2,))
    start, end = node.option("start_index"), node.option("end_index")
    if source.size % 2 or not 0 <= start <= end <= target.size:
        node.fail(f"the bins {start} to {end} are not among the {target.size} of {source.label}")

    def run(x: np.ndarray) -> np.ndarray:
        squares = x.astype(np.int64).reshape(-1, 2) ** 2
        energies = np.zeros(target.size, np.uint32)
        energies[start:end] = squares.sum(1)[start:end]
        return energies

    return run
