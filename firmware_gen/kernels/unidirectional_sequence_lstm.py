"""UNIDIRECTIONAL_SEQUENCE_LSTM. See runtime_sim/ops/unidirectional_sequence_lstm.py."""

import numpy as np

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.kernel import Argument, Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.runtime_sim.arithmetic.sigmoid_table import TABLE
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.unidirectional_sequence_lstm import CELL, HIDDEN, cell_of

_NAMES = ("input", "forget", "cell", "output")


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to a loop over batches and steps. The zero points are folded into the biases."""
    source, hidden, target = node.input(0), node.input(HIDDEN), node.output(0)
    cell, units, depth = cell_of(node), target.shape[2], source.shape[2]
    arguments: list[Argument] = [Input(0)]
    for name, gate in zip(_NAMES, cell.gates, strict=True):
        biases = np.stack([_folded(node, gate.weights, source.zero_point, gate.bias.astype(np.int64)),
                           _folded(node, gate.recurrent, hidden.zero_point, np.zeros(units, np.int64))])  # fmt: skip
        arguments += [
            Constant(f"{name}_weights", gate.weights),
            Constant(f"{name}_recurrent_weights", gate.recurrent),
            Constant(f"{name}_bias", biases),
        ]
    batches = node.input(CELL, (np.int16,)).size // units
    steps = target.size // (batches * units)
    context = {
        "batches": batches, "steps": steps, "units": units, "depth": depth, "cell": cell, "names": _NAMES,
        "zero": hidden.zero_point,
    }  # fmt: skip
    curve = {"size": units, "multiplier": 3, "shift": 0}
    of_cell = {"size": units, "kind": "tanh", "multiplier": cell.tanh[0], "shift": cell.tanh[1]}
    return Kernel(
        (
            Function("shared/sigmoid.c.j2", f"logistic_{units}", curve | {"kind": "logistic"}),
            Function("shared/sigmoid.c.j2", f"tanh_{units}", curve | {"kind": "tanh"}),
            Function("shared/sigmoid.c.j2", f"tanh_{units}", of_cell),
            Function("unidirectional_sequence_lstm_gate.c.j2", f"gate_{depth}x{units}", context),
            Function("unidirectional_sequence_lstm.c.j2", f"lstm_{depth}x{units}", context),
        ),
        (*arguments, Constant("table", TABLE), Output(0), Output(1), Output(2), Scratch()),
        "c = forget * c + input * cell; y = output * tanh(c)",
        macs=batches * steps * units * (4 * (depth + units) + 3),
        scratch=4 * 2 * units,
        reads=batches * steps,
    )


def _folded(node: Node, rows: np.ndarray, zero_point: int, bias: np.ndarray) -> np.ndarray:
    """Return the bias for products of the values themselves, without subtracting their zero point. Refuse sums that can
    exceed 32 bits."""
    wide = rows.astype(np.int64)
    folded = bias - zero_point * wide.sum(1)
    if (np.abs(folded) + 128 * np.abs(wide).sum(1)).max() >= 1 << 31:
        raise BuildError(f"{node.graph.name}: {node.operator.label}: sums beyond 32 bits are not supported")
    return folded.astype(np.int32)
