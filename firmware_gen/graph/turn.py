"""Rewrite a graph whose time axis is the height, [1, time, 1, channels], so that its time axis is the width.

A tensor [1, time, 1, channels] has the same bytes as [1, 1, time, channels], so only shapes, options and constants
change. Tensors keep their indices. Rewritten constants are additional tensors.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from math import prod

import numpy as np

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.runtime_sim import ops
from ticktalk.runtime_sim.graphs.graph import Graph, Operator, Tensor
from ticktalk.runtime_sim.ops.shared import along_time

TURNED = [0, 2, 1, 3]  # the order of the axes


def time_as_width(graph: Graph) -> tuple[Graph, frozenset[int]]:
    """Return `graph` with shape [1, 1, time, channels] for tensors of shape [1, time, 1, channels], and their indices.

    Operators that cannot be streamed are not rewritten. Raises BuildError if an operator combines both shapes.
    """
    turned = {index for index in graph.inputs if _is_upright(graph.tensors[index].shape)}
    tensors, operators = list(graph.tensors), []
    for operator in graph.operators:
        images = [index for index in operator.inputs if index >= 0 and _is_image(graph.tensors[index])]
        upright = [index in turned for index in images]
        behaviour = ops.along_time_of(operator.name)
        for index in operator.outputs:
            shape = graph.tensors[index].shape
            # These operators may introduce or remove axes. A single row does not show which axis is time.
            if behaviour in (along_time.BYTES, along_time.ROW) and shape[:3] != (1, 1, 1):
                turns = _is_upright(shape)
            else:
                turns = any(upright) and len(shape) == 4
            turned |= {index} if turns else set()
        if any(upright) and not all(upright):
            raise BuildError(
                f"{graph.name}: {operator.label} cannot be streamed: it has inputs with different time axes"
            )
        operators.append(_rewritten(operator, graph, tensors) if any(upright) else operator)
    if not turned:
        return graph, frozenset()
    for index in turned:
        tensors[index] = replace(tensors[index], shape=_swapped(tensors[index].shape))
    return replace(graph, tensors=tuple(tensors), operators=tuple(operators)), frozenset(turned)


def _is_upright(shape: tuple[int, ...]) -> bool:
    return len(shape) == 4 and shape[0] == shape[2] == 1 and shape[1] > 1


def _is_image(tensor: Tensor) -> bool:
    return tensor.data is None and len(tensor.shape) == 4


def _swapped(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(shape[axis] for axis in TURNED)


def _rewritten(operator: Operator, graph: Graph, tensors: list[Tensor]) -> Operator:
    """Return `operator` for turned tensors. Its new constants are added to `tensors`.

    Operators along one axis need no change: they are streamed only along the last one."""
    inputs, shape = list(operator.inputs), graph.tensors[operator.inputs[0]].shape

    def change(position: int, function: Callable[[np.ndarray], np.ndarray]) -> None:
        constant = tensors[inputs[position]]
        if constant.data is not None:
            data = np.ascontiguousarray(function(constant.data))
            inputs[position] = len(tensors)
            tensors.append(replace(constant, index=len(tensors), shape=data.shape, data=data))

    behaviour, options = ops.along_time_of(operator.name), operator.options
    match behaviour.kind:
        case "window":
            if behaviour.operand is not None:
                change(behaviour.operand, lambda data: data.transpose(TURNED))
            options = {_other_axis(name): value for name, value in options.items()}
        case "alone":
            for position, index in enumerate(inputs):
                if index >= 0 and len(tensors[index].shape) <= 4 and prod(tensors[index].shape[-3:-1]) != 1:
                    change(position, _turned_operand)
        case "crop":
            # Begin, end (or size) and strides may omit the last axes.
            for position, whole in zip(range(1, len(inputs)), ([0] * 4, shape, [1] * 4)):
                change(position, partial(_completed, whole=whole))
            options = {name: _bits(value) if name.endswith("_mask") else value for name, value in options.items()}
        case "reduce":
            change(1, lambda data: np.asarray(np.array(TURNED, data.dtype)[data]))
        case "pad":
            change(1, lambda data: data.reshape(-1, 2)[TURNED])
    return replace(operator, inputs=tuple(inputs), options=options)


def _completed(data: np.ndarray, whole: Sequence[int]) -> np.ndarray:
    """Return one value per turned axis. For the axes that `data` omits, the values are those of `whole`."""
    return np.array([*data.reshape(-1), *whole[data.size :]], data.dtype)[TURNED]


def _turned_operand(data: np.ndarray) -> np.ndarray:
    """Return an operand that is broadcast to four axes, with the axes in the other order."""
    return data.reshape([1] * (4 - data.ndim) + list(data.shape)).transpose(TURNED)


def _other_axis(name: str) -> str:
    """Return the option that holds for the width what `name` holds for the height, and vice versa."""
    if name.endswith(("_h", "_w")):
        return name[:-1] + ("w" if name[-1] == "h" else "h")
    return name


def _bits(mask: int) -> int:
    """Return a bit mask of axes for the turned axes."""
    return sum(1 << place for place, axis in enumerate(TURNED) if mask >> axis & 1)
