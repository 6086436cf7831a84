"""The simulator must equal TFLite Micro and LiteRT exactly for random models of every operator."""

import os
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from tests.operators.draw import Draw
from tests.support.paths import TESTS
from tests.support.tflite_builder import ModelBuilder
from ticktalk.runtime_sim import ops, oracles
from ticktalk.runtime_sim.errors import MissingToolError, ModelError
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.ops.shared.along_time import MIXED, AlongTime
from ticktalk.runtime_sim.simulator import Simulator

# For a thorough run, set TICKTALK_CASES=1000. The default keeps the test suite under two minutes.
CASES = int(os.environ.get("TICKTALK_CASES", "40"))

OPERATORS = sorted(path.stem for path in Path(ops.__file__).parent.glob("[a-z]*.py"))


def inputs(graph, draw: Draw):
    """Yield an array for each input of the graph: all int8 values if its shape is (256,), otherwise random values."""
    for index in graph.inputs:
        tensor = graph.tensors[index]
        if tensor.dtype == np.float32:
            yield draw.rng.normal(0, 1, tensor.shape).astype(np.float32)
        elif tensor.shape == (256,) and tensor.dtype == np.int8:
            yield np.arange(-128, 128, dtype=np.int8)
        else:
            yield draw.values(tensor.shape, tensor.dtype)


def first_difference(graph, ours, theirs):
    """Return a message that names the first tensor and element that differ, or None if all are equal."""
    assert ours.keys() == theirs.keys()
    for index, values in ours.items():
        assert isinstance(values, np.ndarray)
        assert values.dtype == theirs[index].dtype and values.shape == theirs[index].shape
        if not np.array_equal(values, theirs[index]):
            place = tuple(int(i[0]) for i in np.nonzero(values != theirs[index]))
            producer = graph.producers[index].label
            return f"{producer}, tensor {index} at {place}: {values[place]}, not {theirs[index][place]}"
    return None


@pytest.mark.parametrize("name", OPERATORS)
def test_operator_equals_tflite_micro(name):
    pytest.importorskip("tflite_micro")
    make = import_module(f"tests.operators.{name}").case
    for seed in range(CASES):
        draw = Draw(seed)
        data = make(draw)
        graph = load_graph(data, f"{name} {seed}")
        assert graph.operators[-1].name == name.upper()
        compare(graph, draw, oracles.tflm(data), f"seed {seed}")


@pytest.mark.parametrize("name", [name for name in OPERATORS if name.upper() not in oracles.LITERT_DIFFERS])
def test_operator_equals_litert(name):
    make = import_module(f"tests.operators.{name}").case
    compared = apart = 0
    for seed in range(CASES):
        draw = Draw(seed)
        data = make(draw)
        graph = load_graph(data, f"{name} {seed}")
        if not oracles.comparable(graph.operators[-1]):  # IF and WHILE, because of an operator in their graphs
            apart += 1
            continue
        try:
            oracle = oracles.litert(data)
        except MissingToolError as error:
            pytest.skip(str(error))
        except ModelError:
            continue  # LiteRT lacks conversion from float32 to int16, and slopes that broadcast both ways
        compare(graph, draw, oracle, f"seed {seed}")
        compared += 1
    assert compared > (CASES - apart) // 2


def compare(graph, draw: Draw, oracle, case: str) -> None:
    """Check that the simulator and the oracle agree on every tensor for three random inputs."""
    simulator = Simulator(graph)
    for _ in range(3):
        values = list(inputs(graph, draw))
        difference = first_difference(graph, simulator.run(values), oracle.run(values))
        assert difference is None, f"{case}: {difference}"


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("ADD", "AddOptions"),
        ("SUB", "SubOptions"),
        ("MUL", "MulOptions"),
        ("PRELU", None),
        ("MAXIMUM", None),
        ("MINIMUM", None),
        ("SQUARED_DIFFERENCE", None),
    ],
)
def test_all_pairs_of_values(name, table):
    """The first run computes each value.

    The second run uses a look-up table of all pairs, which must give the same results.
    """
    pytest.importorskip("tflite_micro")
    same = name in ("MAXIMUM", "MINIMUM")
    model = ModelBuilder()
    sources = [model.tensor((256, 1), "int8", 0.03, -5), model.tensor((1, 256), "int8", 0.03 if same else 0.02, -5)]
    target = model.tensor((256, 256), "int8", 0.03 if same else 0.04, -5 if same else 17)
    model.operator(name, sources, [target], table)
    data = model.build(sources, [target])
    every = np.arange(-128, 128, dtype=np.int8)
    values = [every[:, None].copy(), every[None, :].copy()]
    simulator, expected = Simulator(load_graph(data)), oracles.tflm(data).run(values)
    for _ in range(2):
        assert np.array_equal(simulator.run(values)[target], expected[target])


@pytest.mark.parametrize("terms", [700, 2100, 8000])
@pytest.mark.parametrize("scale", [2.0**-11, 2.0**-13, 3e-4, 1.3e-5, 2.0**-18])
def test_long_sums(terms, scale):
    """The sums include ties and exceed 2^21 and 2^24, the limits of the exact methods."""
    pytest.importorskip("tflite_micro")
    draw = Draw(terms)
    source, target = (
        draw.activation_tensor((3, terms), scale=1.0, zero_point=-128),
        draw.activation_tensor((3, 8), scale=1.0, zero_point=4),
    )
    values = np.where(np.arange(8)[:, None] % 2, 127, draw.values((8, terms)).clip(-127))
    weights = draw.model.tensor((8, terms), scale=[scale] * 8, data=values)
    bias = draw.model.tensor((8,), "int32", [scale] * 8, data=draw.rng.integers(-(1 << 22), 1 << 22, 8))
    draw.model.operator("FULLY_CONNECTED", [source, weights, bias], [target], "FullyConnectedOptions", KeepNumDims=True)
    data = draw.finish([source], [target])
    compare(load_graph(data), draw, oracles.tflm(data), f"{terms} terms")


@pytest.mark.parametrize("largest", [25, 127])
def test_sums_of_many_products_are_accepted_if_their_weights_are_small(largest):
    pytest.importorskip("tflite_micro")
    draw, terms = Draw(largest), 94_400
    source, target = (draw.activation_tensor((1, count), scale=1.0, zero_point=3) for count in (terms, 2))
    values = np.where(draw.rng.integers(2, size=(2, terms)), largest, -largest)
    weights = draw.model.tensor((2, terms), scale=2.0**-10, data=values)
    bias = draw.model.tensor((2,), "int32", 2.0**-10, data=np.array([1 << 29, -(1 << 29)]))
    draw.model.operator("FULLY_CONNECTED", [source, weights, bias], [target], "FullyConnectedOptions")
    data = draw.finish([source], [target])
    if largest == 127:
        with pytest.raises(ModelError, match="sums of 94400 products can overflow 32 bits"):
            load_graph(data)
    else:
        compare(load_graph(data), draw, oracles.tflm(data), "long sums")


def test_every_operator_has_cases():
    folder = TESTS / "operators"
    assert sorted(path.stem for path in folder.glob("[a-z]*.py") if path.stem != "draw") == OPERATORS


def test_every_operator_states_how_it_behaves_along_time():
    stated = {name: ops.along_time_of(name.upper()) for name in OPERATORS}
    assert all(isinstance(ops.find(name.upper()).ALONG_TIME, AlongTime) for name in OPERATORS)
    assert {behaviour.kind for behaviour in stated.values()} == {
        "alone", "axis", "bytes", "crop", "mixed", "pad", "reduce", "row", "window"
    }  # fmt: skip
    assert ops.along_time_of("NO_SUCH_OPERATOR") == MIXED
