"""RESIZE_NEAREST_NEIGHBOR: scale x [N, H, W, C] int8 or int16 to the constant height and width in operand 1.

Source: tensorflow/lite/kernels/internal/reference/resize_nearest_neighbor.h. All computations use float32.
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import round_half_away
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.MIXED
OPTIONS = Options(74, {"align_corners": Field(0, "bool", False), "half_pixel_centers": Field(1, "bool", False)})


def prepare(node: Node) -> Kernel:
    """Return a kernel that copies rows and columns."""
    node.count(2)
    source = node.input(0, ACTIVATIONS, rank=4)
    rows, columns = extents(node, source)
    index = np.ix_(_nearest(node, source.shape[1], rows), _nearest(node, source.shape[2], columns))
    return lambda x, *_: x[:, index[0], index[1]]


def extents(node: Node, source: Tensor) -> list[int]:
    """Return the output's height and width after checking its shape and quantisation."""
    values = node.integers(1)
    if len(values) != 2 or min(values) < 1:
        node.fail("the new size must be two positive numbers")
    if node.option("align_corners") and node.option("half_pixel_centers"):
        node.fail("align_corners and half_pixel_centers cannot both be set")
    shape = (source.shape[0], *values, source.shape[3])
    node.same_quantisation(source, node.output(0, (source.dtype.type,), shape))
    return values


def _nearest(node: Node, before: int, after: int) -> np.ndarray:
    """Return the source index of each output index."""
    corners = node.option("align_corners")
    ends = 1 if corners and after > 1 else 0
    scale = np.float32(before - ends) / np.float32(after - ends)
    centre = np.float32(0.5 if node.option("half_pixel_centers") else 0)
    positions = (np.arange(after, dtype=np.float32) + centre) * scale
    return np.clip(round_half_away(positions) if corners else np.floor(positions), 0, before - 1).astype(np.int64)
