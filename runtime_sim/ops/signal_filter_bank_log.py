"""SignalFilterBankLog: uint32 x [C] -> int16 [C], log(x << bits) * scale, at most 32767, and 0 for arguments below 2.

log2 is the exponent plus the fraction of the argument, plus a correction from a table with 128 linear segments. Numbers
wrap at 32 bits. Source: signal/src/log.cc, signal/src/filter_bank_log.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import CustomOptions
from ticktalk.runtime_sim.ops.shared import along_time, elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = CustomOptions(("input_correction_bits", "output_scale"))
LOG_2 = 45426  # of 65536
_STEPS = np.arange(129) / 128
TABLE = np.rint(65536 * (np.log2(1 + _STEPS) - _STEPS)).astype(np.uint16)


def prepare(node: Node) -> Kernel:
    """Return a kernel that computes the logarithms."""
    node.count(1)
    if len(elementwise.plain(node, np.uint32, np.int16).shape) != 1:
        node.fail("needs an input of rank 1")
    bits, scale = node.option("input_correction_bits"), node.option("output_scale") & 0xFFFFFFFF
    if not 0 <= bits < 32:
        node.fail(f"a shift of {bits} bits is not supported")

    def run(x: np.ndarray) -> np.ndarray:
        return np.array([_log(int(value) << bits & 0xFFFFFFFF, scale) for value in x], np.int16)

    return run


def _log(value: int, scale: int) -> int:
    if value < 2:
        return 0
    exponent = value.bit_length() - 1
    fraction = ((value - (1 << exponent)) << 16) >> exponent
    segment, rest = divmod(fraction, 512)
    low, high = int(TABLE[segment]), int(TABLE[segment + 1])
    log_2 = (exponent << 16) + fraction + low + ((high - low) * rest >> 16)
    log = LOG_2 * log_2 + 32768 >> 16
    return min((scale * log + 32768 & 0xFFFFFFFF) >> 16, 32767)
