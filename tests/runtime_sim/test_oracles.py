"""Compare the oracles with the simulator on every tensor of a whole model, and test their errors."""

import sys

import numpy as np
import pytest

from tests.support.models import network_input, small_network
from tests.support.tflite_builder import ModelBuilder
from ticktalk.proof.prover import Prover
from ticktalk.proof.subject import ModelSubject
from ticktalk.runtime_sim import oracles
from ticktalk.runtime_sim.errors import MissingToolError, ModelError, OracleError
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.simulator import Simulator


@pytest.mark.parametrize("seed", range(5))
def test_every_tensor_of_a_network_equals_tflite_micro(seed):
    pytest.importorskip("tflite_micro")
    data, values = small_network(seed), [network_input(seed)]
    graph = load_graph(data)
    ours, theirs = Simulator(graph).run(values), oracles.tflm(data).run(values)
    assert ours.keys() == theirs.keys() == set(graph.producers)
    for index in ours:
        assert np.array_equal(ours[index], theirs[index]), graph.producers[index].label


def test_every_comparable_tensor_of_a_network_equals_litert():
    data, values = small_network(), [network_input()]
    graph = load_graph(data)
    try:
        theirs = oracles.litert(data).run(values)
    except MissingToolError as error:
        pytest.skip(str(error))
    ours = Simulator(graph).run(values)
    compared = 0
    for operator in graph.operators:
        if not oracles.comparable(operator):
            break
        for index in operator.outputs:
            assert np.array_equal(ours[index], theirs[index]), operator.label
            compared += 1
    assert compared == 7


def test_a_run_does_not_depend_on_the_one_before():
    data = small_network()
    simulator = Simulator(load_graph(data))
    first = simulator.run([network_input(1)])
    kept = {index: values.copy() for index, values in first.items()}
    simulator.run([network_input(2)])
    again = simulator.run([network_input(1)])
    for index in kept:
        assert np.array_equal(first[index], kept[index]) and np.array_equal(again[index], kept[index])


def test_a_model_that_an_oracle_does_not_take_is_an_error_of_one_line():
    pytest.importorskip("tflite_micro")
    model = ModelBuilder()
    # TFLite Micro's STRIDED_SLICE does not support five axes.
    tensors = [model.tensor((1, 1, 2, 2, 2), "int8", 0.5), model.tensor((1, 1, 2, 2, 1), "int8", 0.5)]
    limits = [model.integers(values) for values in ([0] * 5, [1, 1, 2, 2, 1], [1] * 5)]
    model.operator("STRIDED_SLICE", [tensors[0], *limits], tensors[1:], "StridedSliceOptions")
    with pytest.raises(ModelError, match="TFLite Micro refuses it") as caught:
        oracles.tflm(model.build(tensors[:1], tensors[1:]))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("oracle", "modules"),
    [
        (oracles.tflm, ["tflite_micro"]),
        (oracles.litert, ["tflite_runtime.interpreter", "ai_edge_litert.interpreter"]),
    ],
)
def test_missing_package_says_how_to_install_it(oracle, modules, monkeypatch):
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingToolError, match="pip install") as caught:
        oracle(small_network())
    assert caught.value.exit_code == 10


def crashing() -> bytes:
    """Return a depthwise convolution whose bias operand is -1.

    TFLite Micro reads the missing operand and crashes.
    """
    model = ModelBuilder()
    source = model.tensor((1, 4, 4, 2), "int8", 0.5)
    target = model.tensor((1, 4, 4, 2), "int8", 0.5)
    weights = model.tensor((1, 3, 3, 2), "int8", [0.1] * 2, dimension=3, data=np.ones((1, 3, 3, 2), np.int8))
    options = {"StrideW": 1, "StrideH": 1, "DepthMultiplier": 1, "DilationWFactor": 1, "DilationHFactor": 1}
    model.operator("DEPTHWISE_CONV_2D", [source, weights, -1], [target], "DepthwiseConv2DOptions", **options)
    return model.build([source], [target])


def test_a_model_that_crashes_an_oracle_is_an_error_of_one_line_and_others_go_on():
    pytest.importorskip("tflite_micro")
    good, values = small_network(), [network_input()]
    before = oracles.tflm(good)
    expected = before.run(values)
    with pytest.raises(OracleError, match=r"^model: TFLite Micro crashes on it \(SIG[A-Z]+\)$") as caught:
        oracles.tflm(crashing()).run([np.zeros((1, 4, 4, 2), np.int8)])
    assert caught.value.exit_code == 4
    for oracle in (before, oracles.tflm(good)):
        again = oracle.run(values)
        assert all(np.array_equal(again[index], expected[index]) for index in expected)


def test_all_models_of_an_oracle_share_one_process():
    pytest.importorskip("tflite_micro")
    children = {id(oracles.tflm(small_network(seed))._child.started()) for seed in range(3)}
    assert len(children) == 1


def test_a_crash_does_not_keep_others_from_the_proof(tmp_path):
    pytest.importorskip("tflite_micro")
    file = tmp_path / "model.tflite"
    file.write_bytes(crashing())
    said = []
    prover = Prover(ModelSubject(file), said.append)
    prover.ask_oracles()
    assert prover.proof.agreements["tflite-micro"].skipped.startswith("TFLite Micro crashes on it")
    assert [line for line in said if line.startswith("tflite-micro: not compared: ")]
