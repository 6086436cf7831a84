"""Streamed reductions of the whole time axis are windows of the model's length."""

import numpy as np
import pytest

from tests.firmware_gen.test_stream import BORDER, check, run
from tests.support.streams import Stream, keyword, rows_of
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.schedule import schedule
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.simulator import Simulator

TIME = 33  # the length of the models


def of(*case):
    """Return a function that returns the graph for every length, and its length."""
    graph = load_graph(keyword(case[0], TIME, *case[1:]))
    return lambda time: graph, TIME


@pytest.mark.parametrize(
    ("isa", "rows", "compiler"),
    [
        ("portable", 4, "clang"),
        ("dsp", 4, "gcc"),
        ("mve", 8, "clang"),
        pytest.param("dsp", 12, "gcc", marks=pytest.mark.long),
    ],
)
def test_every_row_in_its_tick(tmp_path, isa, rows, compiler):
    """Each output has one row for an input of the model's length, and none for a shorter one."""
    lengths = 1, 20, TIME - 2, TIME
    cases = [of(1), of(2, "SAME"), of(3, "VALID", True), of(4, "SAME", True)]
    for (graph_of, every), found in zip(cases, run(tmp_path, cases, lengths, isa, rows, compiler)):
        plan = schedule(graph_of(every), rows)
        assert [plan.length(index, TIME) for index in plan.graph.outputs] == [1] * 5
        check(graph_of, found, lengths, rows, every)


@pytest.mark.parametrize("isa", ["portable", pytest.param("mve", marks=pytest.mark.long)])
def test_a_longer_input_has_a_result_for_each_window(tmp_path, isa):
    """Row n is the result of the model for the input rows from n * step, if nothing is padded."""
    length = TIME + 18
    case = of(5)
    graph, plan = case[0](TIME), schedule(case[0](TIME))
    found = run(tmp_path, [case], [length], isa, 4, "gcc")[0]
    x = rows_of(1, (64, 6))[:length]
    simulator = Simulator(graph)
    for number, index in enumerate(plan.graph.outputs):
        got = b"".join(tick[BORDER[1] - number] for tick in found)
        step = plan.tensors[index].step
        starts = range(0, length - TIME + 1, step)
        expected = [simulator.run([x[start : start + TIME].reshape(1, 1, TIME, 6)])[index] for start in starts]
        assert got == b"".join(values.tobytes() for values in expected), number


def reduced(name, axes, shape, keep=False):
    """Return a function that adds a reduction to a result of this shape."""

    def grow(grown, x):
        y = grown.model.tensor(shape, "int8", *grown.quantisation(x))
        grown.model.operator(name, [x, grown.model.integers(axes)], [y], "ReducerOptions", KeepDims=keep)
        grown.shapes[y] = (1, 6)
        return y

    return grow


def picture(grown, x):
    """Return a window over the channels, which a RESHAPE has turned to a spatial axis."""
    row = grown.reduced(x, keep=False)
    y = grown.model.tensor((1, 1, 3, 2), "int8", *grown.quantisation(row))
    grown.model.operator("RESHAPE", [row, grown.model.integers([1, 1, 3, 2])], [y], "ReshapeOptions")
    grown.shapes[y] = (3, 2)
    return grown.conv(y, 4, 2)


def gated(grown, x):
    """Return the product of every row and the mean row."""
    y = grown.tensor(12, 6)
    grown.model.operator("MUL", [x, grown.reduced(x)], [y], "MulOptions")
    return y


def rows(grown, x):
    """Return a mean of rows [1, time, channels]."""
    quantisation = grown.quantisation(x)
    flat, y = (grown.model.tensor(shape, "int8", *quantisation) for shape in ((1, 12, 6), (1, 6)))
    grown.model.operator("RESHAPE", [x, grown.model.integers([1, 12, 6])], [flat], "ReshapeOptions")
    grown.model.operator("MEAN", [flat, grown.model.integers([-2])], [y], "ReducerOptions")
    return y


def matrix(grown, x):
    """Return a sum of rows [time, channels]."""
    quantisation = grown.quantisation(x)
    flat, y = (grown.model.tensor(shape, "int8", *quantisation) for shape in ((12, 6), (1, 6)))
    grown.model.operator("RESHAPE", [x, grown.model.integers([12, 6])], [flat], "ReshapeOptions")
    grown.model.operator("SUM", [flat, grown.model.integers([0])], [y], "ReducerOptions", KeepDims=True)
    return y


def spread(grown, x):
    """Return a row whose channels a RESHAPE has turned to the height, which is no time axis."""
    row = grown.reduced(x, "REDUCE_MAX", keep=False)
    y, z = (grown.model.tensor((1, 3, 1, 2), "int8", *grown.quantisation(row)) for _ in range(2))
    grown.model.operator("RESHAPE", [row, grown.model.integers([1, 3, 1, 2])], [y], "ReshapeOptions")
    grown.model.operator("RELU", [y], [z])
    return z


def scalar(grown, x):
    """Return a mean whose axis is a scalar."""
    axis = grown.model.tensor((), "int32", data=np.array(1 if grown.upright else 2, np.int32))
    y = grown.model.tensor((1, 1, 1, 6), "int8", *grown.quantisation(x))
    grown.model.operator("MEAN", [x, axis], [y], "ReducerOptions", KeepDims=True)
    return y


@pytest.mark.parametrize("upright", [False, True])
def test_every_form_of_rows(tmp_path, upright):
    cases = []
    for grow in (rows, matrix, spread, scalar, lambda grown, x: grown.reduced(x)):
        grown = Stream(5, upright)
        source = grown.tensor(12, 6)
        graph = load_graph(grown.draw.finish([source], [grow(grown, source)]))
        cases.append((lambda time, graph=graph: graph, 12))
    for (graph_of, every), found in zip(cases, run(tmp_path, cases, [11, 12], "portable", 4, "gcc")):
        check(graph_of, found, [11, 12], 4, every)


@pytest.mark.parametrize(
    ("grow", "why"),
    [
        (reduced("MEAN", [3], (1, 1, 12)), r"0 \(MEAN\) cannot be streamed: it reduces an axis other than time"),
        (reduced("SUM", [1, 2, 3], (1, 1, 1, 1), True), r"0 \(SUM\) .*: it reduces an axis other than time"),
        (reduced("REDUCE_MAX", [0, 1], (12, 6)), r"0 \(REDUCE_MAX\) .*: it does not reduce the time axis"),
        (reduced("MEAN", [0, 1, 2], (6,)), r"0 \(MEAN\) .*: it leaves no axis of length 1 for the time"),
        (picture, r"2 \(CONV_2D\) .*: it has a size or stride greater than 1 along another axis"),
        (gated, r"1 \(MUL\) .*: it has inputs of different lengths along the time axis"),
    ],
)
def test_what_cannot_be_streamed(grow, why):
    grown = Stream(5)
    source = grown.tensor(12, 6)
    with pytest.raises(BuildError, match=f"operator {why}"):
        schedule(load_graph(grown.draw.finish([source], [grow(grown, source)])))
