"""Operators that only move values.

The simulator's kernel is run on element indices to determine the source of each output element. One copy function thus
serves all these operators, and their semantics are defined only in the simulator. If each output is a contiguous run of
the same input, the outputs are views and nothing is copied.
"""

import math
from itertools import accumulate

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type
from ticktalk.firmware_gen.graph.kernel import Argument, Constant, Function, Input, Kernel, Output, View
from ticktalk.firmware_gen.graph.loops import nest
from ticktalk.runtime_sim import ops
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import MOVED, Node

# The inputs, the index assigned to the first element of each source, and the element indices of each output.
_Moved = tuple[list[Tensor], dict[int, int], list[np.ndarray]]
_FIRST = 1 << 15  # index of the first element; smaller numbers are fill values


def kernel(node: Node, isa: str) -> Kernel | View:
    """Compile the operator of `node` to views or copies."""
    moved = _moved(node)
    return _views(*moved) or _copies(*moved)


def copies(node: Node) -> Kernel:
    """Compile to copies even if views are possible, for outputs that must not share memory with the input."""
    return _copies(*_moved(node))


def _moved(node: Node) -> _Moved:
    """Determine the source of each output element (see _Moved)."""
    inputs = [node.graph.tensors[index] for index in node.operator.inputs]
    moves = node.graph.tensors[node.operator.outputs[0]].dtype
    sources = [
        node.input(position, MOVED, plain=True) for position, tensor in enumerate(inputs)
        if tensor.dtype.itemsize < 4
        or (tensor.dtype == moves and (position == 0 or node.operator.name == "CONCATENATION"))
    ]  # fmt: skip
    starts = dict(zip((t.index for t in sources), accumulate((t.size for t in sources), initial=_FIRST)))
    operands = [_numbers(t.shape, starts[t.index]) if t.index in starts else t.data for t in inputs]
    moved = ops.prepare(node)(*operands)
    results = moved if isinstance(moved, list) else [moved]
    return inputs, starts, [np.asarray(result).reshape(-1) for result in results]


def _numbers(shape: tuple[int, ...], first: int) -> np.ndarray:
    return np.arange(first, first + np.prod(shape, dtype=int), dtype=np.int32).reshape(shape)


def _views(inputs: list[Tensor], starts: dict[int, int], results: list[np.ndarray]) -> View | None:
    """Return a view if all outputs are contiguous runs of one input that is computed at run time, otherwise None."""
    for position, tensor in enumerate(inputs):
        size = tensor.dtype.itemsize
        start = starts.get(tensor.index)
        if start is None or tensor.data is not None:
            continue
        offsets = tuple(int(result[0]) - start for result in results)
        runs = all(np.array_equal(result, _numbers(result.shape, int(result[0]))) for result in results)
        if runs and all(o >= 0 and o + result.size <= tensor.size for o, result in zip(offsets, results)):
            return View(position, tuple(int(offset) * size for offset in offsets))
    return None


def _copies(inputs: list[Tensor], starts: dict[int, int], results: list[np.ndarray]) -> Kernel:
    """Return a kernel that copies values from the inputs to the outputs."""
    moves: list[dict] = []
    read: list[int] = []
    tables: list[np.ndarray] = []
    dtype = next(tensor.dtype for tensor in inputs if tensor.index in starts)
    positions = {tensor.index: position for position, tensor in reversed(list(enumerate(inputs)))}
    for number, result in enumerate(results):
        for index, start in starts.items():
            tensor = inputs[positions[index]]
            places = np.flatnonzero((result >= start) & (result < start + tensor.size))
            if not places.size:
                continue
            if positions[index] not in read:
                read.append(positions[index])
            move = _move(np.stack([result[places] - start, places], axis=1), tables)
            moves.append(move | {"x": read.index(positions[index]), "y": number})
    fills = [(number, int(result.min()), result.size) for number, result in enumerate(results) if result.min() < _FIRST]
    size = sum(result.size for result in results)
    context = {
        "moves": moves,
        "inputs": len(read),
        "outputs": len(results),
        "tables": len(tables),
        "fills": fills,
        "size": size,
    }
    context |= {"type": c_type(np.empty(0, dtype)), "element": dtype.itemsize}
    arguments: tuple[Argument, ...] = (
        *(Input(position) for position in read),
        *(Constant(f"places_{i}", table) for i, table in enumerate(tables)),
        *(Output(number) for number in range(len(results))),
    )
    return Kernel(
        (Function("shared/copy.c.j2", f"move_{size}", context),), arguments, "y = elements of x in a different order"
    )


def _move(pairs: np.ndarray, tables: list[np.ndarray]) -> dict:
    """Return the template context for moving elements, given as `pairs` [n, 2] of indices (source, target).

    Runs are moved by loops with constant strides. If there is no regular pattern, a table with the start of each run is
    appended to `tables`."""
    loops = nest(pairs)
    if loops is not None:
        run = loops.pop().count if loops and loops[-1].steps == (1, 1) else 1
        return {"source": int(pairs[0, 0]), "target": int(pairs[0, 1]), "loops": loops, "run": run, "table": None}
    breaks = np.flatnonzero(np.any(np.diff(pairs, axis=0) != 1, axis=1)) + 1
    run = math.gcd(*breaks.tolist(), len(pairs))
    tables.append(pairs[::run].astype(np.int32))
    return {"loops": [], "run": run, "table": len(tables) - 1, "count": len(pairs) // run}
