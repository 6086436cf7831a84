"""STRIDED_SLICE: x[begin:end:stride] along each axis. Tensors are int8, int16 or int32. begin, end and strides are
int32 [axes].

A bit set in `begin_mask` or `end_mask` disables that limit. A bit set in `shrink_axis_mask` selects the single value
at begin and removes the axis. Source: tensorflow/lite/kernels/internal/strided_slice_logic.h.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import MOVED, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.kernel import Kernel

ALONG_TIME = along_time.CROP
OPTIONS = Options(
    32,
    {
        "begin_mask": Field(0, "i32"),
        "end_mask": Field(1, "i32"),
        "ellipsis_mask": Field(2, "i32"),
        "new_axis_mask": Field(3, "i32"),
        "shrink_axis_mask": Field(4, "i32"),
        "offset": Field(5, "bool"),
    },
)


def prepare(node: Node) -> Kernel:
    """Return a kernel that copies the slice."""
    node.count(4)
    source = node.input(0, MOVED, plain=True)
    if node.option("ellipsis_mask") or node.option("new_axis_mask") or node.option("offset"):
        node.fail("ellipsis, new axes and offsets are not supported")
    index = slices(node, source.shape)
    shape = np.broadcast_to(False, source.shape)[index].shape
    target = node.output(0, (source.dtype.type,), shape, plain=True)
    node.same_quantisation(source, target)
    return lambda x, *_: np.ascontiguousarray(x[index]).reshape(target.shape)


def slices(node: Node, shape: tuple[int, ...]) -> tuple[int | slice, ...]:
    """Return the NumPy index: a slice for each axis, or an int for an axis that is removed."""
    begin, end, strides = (node.integers(position) for position in (1, 2, 3))
    if not len(begin) == len(end) == len(strides) <= len(shape) or 0 in strides:
        node.fail("begin, end and strides must have one value per axis, and no stride may be 0")
    index: list[int | slice] = []
    for axis, (start, stop, step) in enumerate(zip(begin, end, strides, strict=True)):
        bit = 1 << axis
        if node.option("shrink_axis_mask") & bit:
            only = 0 if node.option("begin_mask") & bit else start
            if step < 0 or not -shape[axis] <= only < shape[axis]:
                node.fail(f"index {only} is out of range for axis {axis}")
            index.append(only)
        else:
            first = None if node.option("begin_mask") & bit else start
            index.append(slice(first, None if node.option("end_mask") & bit else stop, step))
    return tuple(index)
