"""RESIZE_BILINEAR: scale an int8 [N, H, W, C] to the constant height and width in operand 1, with 10-bit weights.

Source: tensorflow/lite/kernels/internal/reference/resize_bilinear.h (ResizeBilinearInteger).
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.resize_nearest_neighbor import extents
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = Options(15, {"align_corners": Field(2, "bool", False), "half_pixel_centers": Field(3, "bool", False)})

_ONE = 1 << 10


def prepare(node: Node) -> Kernel:
    """Return a kernel that interpolates rows, then columns. The order is irrelevant, because both steps are exact."""
    node.count(2)
    source = node.input(0, rank=4)
    rows, columns = extents(node, source)
    top, bottom, down = positions(node, source.shape[1], rows)
    left, right, across = positions(node, source.shape[2], columns)
    down, across = down[:, None, None], across[:, None]

    def run(x: np.ndarray, *_: object) -> np.ndarray:
        x = x.astype(np.int64)
        lines = x[:, top] * (_ONE - down) + x[:, bottom] * down
        sums = lines[:, :, left] * (_ONE - across) + lines[:, :, right] * across
        # Round to nearest, half away from zero.
        return (np.sign(sums) * ((np.abs(sums) + (1 << 19)) >> 20)).astype(np.int8)

    return run


def positions(node: Node, before: int, after: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the lower and upper source index of each output index, and the upper index's weight in units of 1/_ONE."""
    ends = 1 if node.option("align_corners") and after > 1 else 0
    scale = (_ONE * (before - ends) + (after - ends) // 2) // (after - ends)
    positions = np.arange(after, dtype=np.int64) * scale
    if node.option("half_pixel_centers"):
        positions += scale // 2 - (1 << 9)
    # Division in C truncates towards zero.
    low = np.maximum(np.trunc(positions / _ONE).astype(np.int64), 0)
    if low.max() >= before:
        node.fail(f"resizing {before} values to {after} reads outside the input, which TFLite Micro does not detect")
    high = np.minimum(np.trunc((positions + _ONE - 1) / _ONE).astype(np.int64), before - 1)
    return low, high, positions - _ONE * low
