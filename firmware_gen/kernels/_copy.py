"""Operators that only move values. The simulator's own kernel, run on element numbers, says what goes where.

So there is one copy function for all of them, and no second idea of what a slice or a transposition is. What is one
run of one input is no copy at all, but a view.
"""

import numpy as np

from firmware_gen.errors import BuildError
from firmware_gen.kernel import Function, Input, Kernel, Output, View
from firmware_gen.loops import nest
from runtime_sim import ops
from runtime_sim.node import Node

_FIRST = 1 << 10        # number of the first element: what is less is a value that the operator fills in


def kernel(node: Node, isa: str) -> Kernel | View:
    """The view or copy that the operator of `node` is. All int8 operands are sources, others are parameters."""
    inputs = [node.graph.tensors[index] for index in node.operator.inputs]
    sources = [position for position, tensor in enumerate(inputs) if tensor.dtype == np.int8]
    starts = dict(zip(sources, _FIRST + np.cumsum([0] + [inputs[position].size for position in sources])))
    operands = [_numbers(t.shape, starts[i]) if i in starts else t.data for i, t in enumerate(inputs)]
    moved = np.asarray(ops.find(node.operator.name).prepare(node)(*operands)).reshape(-1)

    moves, read = [], []
    for position in sources:
        from_, size = starts[position], inputs[position].size
        places = np.flatnonzero((moved >= from_) & (moved < from_ + size))
        if places.size:
            moves.append(_move(node, len(read), np.stack([moved[places] - from_, places], axis=1)))
            read.append(position)
    filled = moved[moved < _FIRST]
    whole = len(moves) == 1 and not filled.size and moves[0]["run"] == moved.size
    if whole and inputs[read[0]].data is None:
        return View(read[0], int(moves[0]["source"]))
    context = {"moves": moves, "sources": len(read), "fill": int(filled[0]) if filled.size else None, "size": moved.size}
    return Kernel(
        (Function("_copy.c.j2", f"move_{moved.size}", context),),
        (*(Input(position) for position in read), Output(0)),
        "y = the elements of x in another order" if len(read) == 1 else "y = the elements of the inputs",
    )


def _numbers(shape, first: int) -> np.ndarray:
    return np.arange(first, first + np.prod(shape, dtype=int), dtype=np.int32).reshape(shape)


def _move(node: Node, argument: int, pairs: np.ndarray) -> dict:
    """How the template moves `pairs` [n, 2] of element numbers: from argument x<argument> to y."""
    loops = nest(pairs)
    if loops is None:
        raise BuildError(f"{node.graph.name}: {node.operator.label}: the elements move without a regular pattern")
    run = loops.pop().count if loops and loops[-1].steps == (1, 1) else 1
    return {"argument": argument, "source": int(pairs[0, 0]), "target": int(pairs[0, 1]), "loops": loops, "run": run}
