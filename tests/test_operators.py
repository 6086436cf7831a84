"""Every operator on random models: the simulator against TFLite Micro and LiteRT, exactly."""

import os
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from runtime_sim import ops, oracles
from runtime_sim.errors import MissingToolError, ModelError
from runtime_sim.graph import load_graph
from runtime_sim.simulator import Simulator
from tests.operators.draw import Draw
from tests.tflite_builder import ModelBuilder

# TICKTALK_CASES=1000 is the full count; the default keeps the whole suite under two minutes.
CASES = int(os.environ.get("TICKTALK_CASES", "40"))

OPERATORS = sorted(path.stem for path in Path(ops.__file__).parent.glob("[a-z]*.py"))


def inputs(graph, draw: Draw):
    """Random values for the graph's inputs."""
    for index in graph.inputs:
        tensor = graph.tensors[index]
        if tensor.dtype == np.float32:
            yield draw.rng.normal(0, 1, tensor.shape).astype(np.float32)
        elif tensor.shape == (256,):
            yield np.arange(-128, 128, dtype=np.int8)
        else:
            yield draw.values(tensor.shape, tensor.dtype)


def first_difference(graph, ours, theirs):
    """A message that names the first tensor and element that differ, None where none does."""
    assert ours.keys() == theirs.keys()
    for index, values in ours.items():
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
    compared = 0
    for seed in range(CASES):
        draw = Draw(seed)
        data = make(draw)
        try:
            oracle = oracles.litert(data)
        except MissingToolError as error:
            pytest.skip(str(error))
        except ModelError:
            continue  # LiteRT does not have every form: int16 from float32, slopes that broadcast both ways
        compare(load_graph(data, f"{name} {seed}"), draw, oracle, f"seed {seed}")
        compared += 1
    assert compared > CASES // 2


def compare(graph, draw: Draw, oracle, case: str) -> None:
    """Three random inputs through both: every tensor must be equal."""
    simulator = Simulator(graph)
    for _ in range(3):
        values = list(inputs(graph, draw))
        difference = first_difference(graph, simulator.run(values), oracle.run(values))
        assert difference is None, f"{case}: {difference}"


@pytest.mark.parametrize(("name", "table"), [
    ("ADD", "AddOptions"), ("SUB", "SubOptions"), ("MUL", "MulOptions"), ("PRELU", None), ("MAXIMUM", None),
    ("MINIMUM", None), ("SQUARED_DIFFERENCE", None),
])
def test_all_pairs_of_values(name, table):
    """Once by arithmetic; much used operators then change to a table of all pairs, which must not show."""
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


def test_every_operator_has_cases():
    folder = Path(__file__).parent / "operators"
    assert OPERATORS == sorted(path.stem for path in folder.glob("[a-z]*.py") if path.stem != "draw")
