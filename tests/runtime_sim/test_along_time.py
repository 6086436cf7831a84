"""The behaviour of an operator along the time axis is stated only in the operator's own module."""

import ast
from pathlib import Path

import numpy as np
import pytest

from tests.operators.draw import Draw
from tests.support.paths import ROOT
from ticktalk.firmware_gen.graph.schedule import schedule
from ticktalk.runtime_sim import ops
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.graphs.stretch import stretched
from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.simulator import Simulator

OPERATORS = sorted(file.stem.upper() for file in Path(ops.__file__).parent.glob("[a-z]*.py"))
ALONE = [name for name in OPERATORS if ops.along_time_of(name) == along_time.ALONE and name != "DIV"]  # DIV: only int32
OPTIONS = {"ADD": "AddOptions", "SUB": "SubOptions", "MUL": "MulOptions"}
PAIRS = {"ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "PRELU"}


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_states_how_it_behaves_along_time(name):
    assert isinstance(ops.along_time_of(name), along_time.AlongTime)


@pytest.mark.parametrize(
    "file",
    [*(f"firmware_gen/graph/{name}.py" for name in ("schedule", "stream", "turn")), "runtime_sim/graphs/stretch.py"],
)
def test_who_cuts_graphs_along_time_names_no_operator(file):
    words = {node.value for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, ast.Constant)}
    assert not words.intersection(OPERATORS)


def elementwise(name: str):
    """Return a graph with one operator and a 9-row, 3-channel input.

    If there is a second operand, it is a constant row.
    """
    draw = Draw(1)
    shape = (1, 1, 9, 3)
    fixed = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}.get(name, (0.1, 0))
    dequantised = name == "DEQUANTIZE"
    source = draw.activation_tensor(shape, scale=0.1, zero_point=0)
    target = (
        draw.model.tensor(shape, "float32")
        if dequantised
        else draw.activation_tensor(shape, scale=fixed[0], zero_point=fixed[1])
    )
    operands = [source]
    if name in PAIRS:
        operands.append(draw.model.tensor((1, 1, 1, 3), scale=0.1, zero_point=0, data=draw.values((1, 1, 1, 3))))
    draw.model.operator(name, operands, [target], *([OPTIONS[name]] if name in OPTIONS else []))
    return load_graph(draw.finish([source], [target]))


@pytest.mark.parametrize("name", ALONE)
def test_what_works_on_every_element_alone_is_streamed_and_stretched(name):
    graph = elementwise(name)
    assert schedule(graph).delay == 0
    longer = stretched(graph, 5)
    x = np.random.default_rng(1).integers(-128, 128, (1, 1, 14, 3)).astype(np.int8)
    expected, values = Simulator(graph).run([x[:, :, 5:].copy()]), Simulator(longer).run([x])
    assert np.array_equal(values[graph.outputs[0]][:, :, 5:], expected[graph.outputs[0]])


def test_a_mean_over_time_is_streamed_but_not_stretched():
    draw = Draw(1)
    source = draw.activation_tensor((1, 1, 9, 3), scale=0.1)
    target = draw.activation_tensor((1, 1, 1, 3), scale=0.1)
    draw.model.operator("MEAN", [source, draw.model.integers([2])], [target], "ReducerOptions", KeepDims=True)
    graph = load_graph(draw.finish([source], [target]))
    assert stretched(graph, 5) is None and schedule(graph).delay == 8


@pytest.mark.parametrize("size", [5, -1])
def test_slices_are_stretched_like_strided_ones(size):
    draw = Draw(1)
    source = draw.activation_tensor((1, 1, 9, 2), scale=0.1, zero_point=3)
    target = draw.activation_tensor((1, 1, 7 if size < 0 else size, 2), scale=0.1, zero_point=3)
    limits = [draw.model.integers(values) for values in ([0, 0, 2, 0], [1, 1, size, 2])]
    draw.model.operator("SLICE", [source, *limits], [target])
    graph = load_graph(draw.finish([source], [target]))
    longer = stretched(graph, 5)
    x = np.random.default_rng(1).integers(-128, 128, (1, 1, 14, 2)).astype(np.int8)
    expected, values = Simulator(graph).run([x[:, :, 5:].copy()]), Simulator(longer).run([x])
    assert np.array_equal(values[graph.outputs[0]][:, :, 5:], expected[graph.outputs[0]])
