"""IF and WHILE: graphs in graphs, and what is refused."""

from importlib import import_module

import numpy as np
import pytest

from tests.support.compiled import run_on_host
from tests.support.tflite_builder import ModelBuilder
from ticktalk.firmware_gen.tflm_layout import operator_names
from ticktalk.runtime_sim import oracles
from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.simulator import Simulator

NUMBER = (1,), "int32"


def arithmetic(name: str, operand: int, dtype: str = "int32") -> tuple[ModelBuilder, list[int], list[int]]:
    """Return a graph that combines a number with a constant."""
    model = ModelBuilder()
    source, target = model.tensor(*NUMBER), model.tensor((1,), dtype)
    model.operator(name, [source, model.integers([operand])], [target], f"{name.title()}Options")
    return model, [source], [target]


def branch(model: ModelBuilder, then: int, other: int) -> tuple[list[int], list[int]]:
    """Add an IF that chooses by the sign of a number, and return the inputs and outputs of `model`."""
    source, positive, target = model.tensor(*NUMBER), model.tensor((1,), "bool"), model.tensor(*NUMBER)
    model.operator("GREATER", [source, model.integers([0])], [positive], "GreaterOptions")
    model.operator("IF", [positive, source], [target], "IfOptions", ThenSubgraphIndex=then, ElseSubgraphIndex=other)
    return [source], [target]


def loop(model: ModelBuilder, condition: int, body: int) -> bytes:
    """Return `model` as a file with a WHILE over one number."""
    source, target = model.tensor(*NUMBER), model.tensor(*NUMBER)
    model.operator("WHILE", [source], [target], "WhileOptions", CondSubgraphIndex=condition, BodySubgraphIndex=body)
    return model.build([source], [target])


def test_a_branch_in_a_loop(tmp_path):
    pytest.importorskip("tflite_micro")
    model, body = ModelBuilder(), ModelBuilder()
    then, other = model.called(*arithmetic("ADD", 200)), model.called(*arithmetic("MUL", -5))
    ports = branch(body, then, other)
    data = loop(model, model.called(*arithmetic("LESS", 900, "bool")), model.called(body, *ports))
    graph, oracle = load_graph(data), oracles.tflm(data)
    assert operator_names(graph) == ["While", "Less", "Greater", "If", "Add", "Mul"]
    simulator, cases = Simulator(graph), []
    for number, expected in ((-1, 1005), (999, 999), (-7, 1035)):
        inputs = [np.array([number], np.int32)]
        (found,) = simulator.run(inputs).values()
        assert found == oracle.run(inputs)[1] == expected
        cases.append((graph, inputs, expected))
    traces = run_on_host(tmp_path, [case[:2] for case in cases], "portable")
    assert [int(trace[1][0]) for trace in traces] == [expected for *_, expected in cases]


def test_a_loop_without_end_is_stopped(monkeypatch):
    monkeypatch.setattr(import_module("ticktalk.runtime_sim.ops.while"), "MOST_RUNS", 100)
    model = ModelBuilder()
    data = loop(model, model.called(*arithmetic("LESS", 9, "bool")), model.called(*arithmetic("MUL", 1)))
    with pytest.raises(ModelError, match=r"operator 0 .WHILE.: the loop has not ended after 100 runs of its body"):
        Simulator(load_graph(data)).run([np.zeros(1, np.int32)])


@pytest.mark.parametrize(
    ("then", "other", "problem"),
    [
        (1, 1, "calls subgraph 1, which another call uses; export it twice"),
        (0, 1, "has no subgraph 0 to call"),
        (1, 3, "has no subgraph 3 to call"),
        (1, 2, "its graph 'else' has other outputs than the operator"),
    ],
)
def test_wrong_calls_are_refused(then, other, problem):
    model = ModelBuilder()
    model.called(*arithmetic("ADD", 1)), model.called(*arithmetic("LESS", 1, "bool"))
    ports = branch(model, then, other)
    with pytest.raises(ModelError, match=problem):
        load_graph(model.build(*ports))


def test_variables_in_branches_are_refused():
    model, part = ModelBuilder(), ModelBuilder()
    handle, source, target = part.variable("kept"), part.tensor(*NUMBER), part.tensor(*NUMBER)
    part.operator("ASSIGN_VARIABLE", [handle, source], [])
    part.operator("ADD", [source, source], [target], "AddOptions")
    ports = branch(model, model.called(part, [source], [target]), model.called(*arithmetic("ADD", 1)))
    with pytest.raises(ModelError, match="model: subgraph 1: variables in the graphs of IF and WHILE"):
        load_graph(model.build(*ports))
