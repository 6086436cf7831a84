"""Extend a convolutional graph along the time axis to compute more rows per run.

Tensors are [1, 1, time, channels]. With VALID padding and stride 1, an output row depends only on a window of input
rows. One long input therefore produces the same rows as many short inputs, but rows that short inputs share are
computed only once.
"""

from dataclasses import replace

import numpy as np

from ticktalk.runtime_sim import ops
from ticktalk.runtime_sim.graphs.graph import Graph, Operator, Tensor
from ticktalk.runtime_sim.ops.shared import along_time

_TIME = 2


def stretched(graph: Graph, rows: int) -> Graph | None:
    """Return `graph` with `rows` additional time steps in every computed tensor, or None if the graph cannot be
    extended."""
    tensors = list(graph.tensors)
    moving = {*graph.inputs, *graph.producers}
    for index in moving:
        tensor = tensors[index]
        if len(tensor.shape) != 4 or tensor.shape[:_TIME] != (1, 1):
            return None
        tensors[index] = replace(tensor, shape=(1, 1, tensor.shape[_TIME] + rows, tensor.shape[3]))
    operators = []
    for operator in graph.operators:
        if ops.along_time_of(operator.name) == along_time.CROP:
            crop = _longer_crop(operator, graph, tensors, rows)
            if crop is None:
                return None
            operators.append(crop)
        elif _along_time(operator, graph):
            operators.append(operator)
        else:
            return None
    return replace(graph, tensors=tuple(tensors), operators=tuple(operators))


def _along_time(operator: Operator, graph: Graph) -> bool:
    """Return whether an operator that is not a crop computes each row from a window of rows."""
    options = operator.options
    behaviour = ops.along_time_of(operator.name)
    if behaviour.kind == "window":
        return options["padding"] == "VALID" and options["stride_w"] == 1
    constants = [tensor for tensor in (graph.tensors[i] for i in operator.inputs) if tensor.data is not None]
    if behaviour.kind == "axis":
        return options.get("axis", -1) in (3, -1) and not constants
    # Constants must be the same for each row. Stretching would change how a single-row operand broadcasts.
    times = {graph.tensors[i].shape[_TIME] for i in operator.inputs if graph.tensors[i].data is None}
    return (
        behaviour == along_time.ALONE and len(times) == 1 and all((1, 1, 1, *one.shape)[-2] == 1 for one in constants)
    )


def _longer_crop(operator: Operator, graph: Graph, tensors: list[Tensor], rows: int) -> Operator | None:
    """Return a crop of the extended tensor that removes as many rows at each end as the original crop.

    The end of the crop (or the size, if the operator has no strides) becomes a new constant in `tensors`.
    """
    source, begin, end, *strides = (graph.tensors[i] for i in operator.inputs)
    bit, options = 1 << _TIME, operator.options
    if any(one.data is None or one.size != 4 for one in (begin, end, *strides)) or options.get("shrink_axis_mask"):
        return None
    start, extent, *steps = (int(one.constant.reshape(-1)[_TIME]) for one in (begin, end, *strides))
    start = 0 if options.get("begin_mask", 0) & bit else start
    stop: int | None = extent if strides else start + extent
    if options.get("end_mask", 0) & bit or (not strides and extent == -1):
        stop = None
    kept = range(*slice(start, stop).indices(source.shape[_TIME]))
    if steps not in ([], [1]) or start < 0:
        return None
    data = np.array(end.constant)
    data.reshape(-1)[_TIME] = kept.stop + rows - (0 if strides else kept.start)
    tensors.append(replace(end, index=len(tensors), data=data))
    return replace(operator, inputs=(*operator.inputs[:2], len(tensors) - 1, *operator.inputs[3:]))
