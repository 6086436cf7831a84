"""SPLIT, SPLIT_V and UNPACK: split a tensor along an axis into consecutive outputs."""

import numpy as np

from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared.kernel import ManyKernel


def kernel(node: Node, source: Tensor, axis: int, extents: list[int], drop: bool = False) -> ManyKernel:
    """Return a kernel that splits `axis` into `extents`. If `drop` is true, the axis is removed from the outputs.

    Refuses the model if the sum of the extents, or the shape or quantisation of an output, is wrong.
    """
    if len(node.operator.outputs) != len(extents) or min(extents, default=0) < 1 or sum(extents) != source.shape[axis]:
        node.fail(f"{source.shape[axis]} values cannot be split into {extents[:8]}")
    shapes = []
    for position, extent in enumerate(extents):
        middle = () if drop else (extent,)
        shapes.append((*source.shape[:axis], *middle, *source.shape[axis + 1 :]))
        node.same_quantisation(source, node.output(position, (source.dtype.type,), shapes[-1]))
    cuts = np.cumsum(extents)[:-1]

    def run(x: np.ndarray) -> list[np.ndarray]:
        parts = np.split(x, cuts, axis)
        return [np.ascontiguousarray(part).reshape(shape) for part, shape in zip(parts, shapes, strict=True)]

    return run
