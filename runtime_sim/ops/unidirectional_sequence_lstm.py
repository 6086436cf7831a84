"""UNIDIRECTIONAL_SEQUENCE_LSTM: x [B, T, I] int8 -> [B, T, U] int8, with states [B, U]: hidden int8 and cell int16.

A gate is an activation of clamp(M(x W + b)) + clamp(M(h R)), int16 with scale 2^-12. Gates have scale 2^-15. Per step,
c = forget * c + input * cell (clipped), and h = output * tanh(c). The state persists from run to run.
Source: tensorflow/lite/micro/kernels/lstm_eval.h, lstm_eval_common.cc.
"""

from typing import NamedTuple

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier
from ticktalk.runtime_sim.arithmetic.sigmoid_table import logistic, tanh
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, weights
from ticktalk.runtime_sim.ops.shared.kernel import ManyKernel

ALONG_TIME = along_time.MIXED
OPTIONS = Options(71, {"activation": Field(0, "i8"), "cell_clip": Field(1, "f32"), "time_major": Field(3, "bool")})

HIDDEN, CELL = 18, 19  # inputs that hold the state
_UNUSED = (*range(9, 12), 16, 17, *range(20, 24))  # peepholes, projection and normalisation
_TANH = 4  # of the schema's activations
_POWERS = range(-15, -2)  # of the cell state's scale


class Gate(NamedTuple):
    """A gate: weights int8 [U, I] and [U, U], bias int32 [U], and multiplier and shift of both products."""

    weights: np.ndarray
    recurrent: np.ndarray
    bias: np.ndarray
    outer: tuple[int, int]
    inner: tuple[int, int]


class Cell(NamedTuple):
    """The parameters with which a step updates the state.

    `gates` are those of input, forget, cell and output. The other fields are multipliers and shifts of products, those
    of the cell state's hyperbolic tangent (see sigmoid_table.tanh), and the limit of the cell state.
    """

    gates: list[Gate]
    forget: tuple[int, int]
    update: tuple[int, int]
    result: tuple[int, int]
    tanh: tuple[int, int]
    clip: int


def cell_of(node: Node) -> Cell:
    """Return the parameters of an operator."""
    source, hidden, state = node.input(0, rank=3), node.input(HIDDEN), node.input(CELL, (np.int16,))
    units = node.input(5, rank=2).shape[0]
    power = int(np.round(np.log2(state.scale)))
    if float(state.scale) != 2.0**power or power not in _POWERS:
        node.fail(f"the scale of {state.label} must be a power of two from 2^{_POWERS[0]} to 2^{_POWERS[-1]}")
    clip = node.option("cell_clip")
    limit = int(np.clip(clip / float(state.scale), 0, 32767)) if clip > 0 else 32768
    shift = power + 12
    return Cell(
        [_gate(node, position, source, hidden, units) for position in range(1, 5)],
        node.multiplier(2.0**-15),
        node.multiplier(2.0**-30 / float(state.scale)),
        node.multiplier(2.0**-30 / float(hidden.scale)),
        (3 << shift, 0) if shift >= 0 else (3, -shift),
        limit,
    )


def _gate(node: Node, position: int, source: Tensor, hidden: Tensor, units: int) -> Gate:
    matrices, factors = [], []
    for index, operand in ((position, source), (position + 4, hidden)):
        tensor = node.input(index, rank=2)
        depth = source.shape[2] if operand is source else units
        if tensor.shape != (units, depth) or np.any(tensor.zero_points) or tensor.scales.size != 1:
            node.fail(f"{tensor.label} must have shape {[units, depth]}, one scale and a zero point of 0")
        weights.accumulator(node, operand, depth)
        matrices.append(node.constant(index, (np.int8,)))
        # As for FULLY_CONNECTED, the product of the scales is rounded to float32.
        factors.append(node.multiplier(np.float64(np.float32(operand.scale * tensor.scale)) * 4096))
    return Gate(matrices[0], matrices[1], weights.bias(node, position + 11, units, np.int32), factors[0], factors[1])


def prepare(node: Node) -> ManyKernel:
    """Return a kernel that gives the result and the new states."""
    node.count(24, outputs=3)
    source, hidden, state = node.input(0, rank=3), node.input(HIDDEN), node.input(CELL, (np.int16,))
    batch, steps, _ = source.shape
    if any(node.has(position) for position in _UNUSED) or node.option("activation") != _TANH:
        node.fail("peepholes, projections, normalisation and activations other than TANH are not supported")
    if node.option("time_major") and source.shape[1] > 1:
        node.fail("several sequences at a time must have the shape [batch, time, values]")
    batch, steps = (1, batch) if node.option("time_major") else (batch, steps)
    cell = cell_of(node)
    units = len(cell.gates[0].bias)
    target = node.output(0, (np.int8,), (*source.shape[:2], units))
    if hidden.size != batch * units or state.size != batch * units or state.zero_point:
        node.fail(f"{hidden.label} and {state.label} must have {batch * units} values, and the latter no zero point")

    def gate(number: int, x: np.ndarray, h: np.ndarray) -> np.ndarray:
        weights_of = cell.gates[number]
        sums = x @ weights_of.weights.T.astype(np.int64) + weights_of.bias, h @ weights_of.recurrent.T.astype(np.int64)
        parts = zip(sums, (weights_of.outer, weights_of.inner), strict=True)
        first, second = (_wide(multiply_by_quantized_multiplier(values, *factor)) for values, factor in parts)
        total = _wide(first + second)
        return tanh(total, 3, 0) if number == 2 else logistic(total, 3, 0)

    def run(x: np.ndarray, *others: np.ndarray | None) -> list[np.ndarray]:
        h, c = (np.asarray(others[index - 1], np.int64).reshape(batch, units) for index in (HIDDEN, CELL))
        rows = []
        for row in np.moveaxis(x.reshape(batch, steps, -1).astype(np.int64) - source.zero_point, 1, 0):
            enter, forget, new, leave = (gate(number, row, h - hidden.zero_point) for number in range(4))
            kept = _wide(multiply_by_quantized_multiplier(forget * c, *cell.forget))
            added = _wide(multiply_by_quantized_multiplier(enter * new, *cell.update))
            c = _wide(kept + added).clip(-cell.clip, cell.clip)
            product = multiply_by_quantized_multiplier(tanh(c, *cell.tanh) * leave, *cell.result)
            h = (product + hidden.zero_point).clip(-128, 127)
            rows.append(h)
        values = np.stack(rows, axis=1).astype(np.int8).reshape(target.shape)
        return [values, h.astype(np.int8).reshape(hidden.shape), c.astype(np.int16).reshape(state.shape)]

    return run


def _wide(values: np.ndarray) -> np.ndarray:
    return np.clip(values, -32768, 32767)
