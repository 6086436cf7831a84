"""SLICE: x[begin : begin + size] of every axis, size -1 for all that is left; int8 or int16. begin, size: int32 [rank]."""

import numpy as np

from runtime_sim.node import ACTIVATIONS

OPTIONS = None


def prepare(node):
    """The kernel: a copy of a view."""
    node.count(3)
    source = node.input(0, ACTIVATIONS)
    begin, sizes = node.integers(1), node.integers(2)
    if not len(begin) == len(sizes) == len(source.shape):
        node.fail("begin and size must have one value for each axis")
    sizes = [extent - start if size == -1 else size for extent, start, size in zip(source.shape, begin, sizes, strict=True)]
    for extent, start, size in zip(source.shape, begin, sizes, strict=True):
        if start < 0 or size < 1 or start + size > extent:
            node.fail(f"{size} values from {start} are not there in an axis of {extent}")
    target = node.output(0, (source.dtype.type,), tuple(sizes))
    node.same_quantisation(source, target)
    index = tuple(slice(start, start + size) for start, size in zip(begin, sizes, strict=True))
    return lambda x, *_: np.ascontiguousarray(x[index])
