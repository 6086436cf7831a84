"""SignalFilterBankSquareRoot: uint64 x [C] and an int32 shift -> uint32 [C], the rounded square roots >> shift.

A root that rounds up to 2^16 or 2^32 is rounded down. Source: signal/src/square_root_32.cc, square_root_64.cc.
"""

from math import isqrt

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared import along_time, elementwise
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = None


def prepare(node: Node) -> Kernel:
    """Return a kernel that computes the roots."""
    node.count(2)
    if len(elementwise.plain(node, np.uint64, np.uint32).shape) != 1:
        node.fail("needs an input of rank 1")
    node.input(1, (np.int32,), 0)

    def run(x: np.ndarray, shift: np.ndarray) -> np.ndarray:
        return np.array([_root(value) for value in x.tolist()], np.uint32) >> np.uint32(int(shift) & 31)

    return run


def _root(value: int) -> int:
    root = isqrt(value)
    up = value - root * root > root and root != (0xFFFF if value < 1 << 32 else 0xFFFFFFFF)
    return root + up
