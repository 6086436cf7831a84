"""ADD: x1 + x2 with broadcasting. Tensors are int8 or int16. shared/sums.py implements the arithmetic."""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, plain, sums
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
OPTIONS = Options(11, {"activation": Field(0, "activation")})


def prepare(node: Node) -> Kernel:
    """Return the kernel from shared/sums.py, or shared/plain.py for int32."""
    return plain.prepare(node, np.add) if plain.is_plain(node) else sums.prepare(node, 1)
