"""DIV: x1 / x2 with broadcasting, rounded towards 0. Tensors are unquantised int32, and x2 is a constant.

TFLite Micro crashes if a divisor is 0. Source: tensorflow/lite/micro/kernels/div.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, plain
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.ALONE
OPTIONS = Options(29, {"activation": Field(0, "activation")})


def prepare(node: Node) -> Kernel:
    """Return a kernel that divides its operands."""
    kernel = plain.prepare(node, lambda a, b: np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b)))
    divisors = node.constant(1, (np.int32,))
    if np.any((divisors == 0) | (divisors == -1)):
        node.fail("divisors of 0 and -1 are not supported")
    return kernel
