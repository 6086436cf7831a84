"""Every tensor of a simplified graph must equal TFLite Micro's result for the original graph."""

import os

import numpy as np
import pytest

from tests.operators.draw import Draw
from tests.support.compiled import run_on_host
from tests.support.wasteful import wasteful
from ticktalk.firmware_gen.graph.model import compile_graph
from ticktalk.firmware_gen.simplify.ranges import ranges
from ticktalk.firmware_gen.simplify.simplify import simplify
from ticktalk.runtime_sim import oracles
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.simulator import Simulator

# For a thorough run, set TICKTALK_CASES=1000. The default keeps the test suite fast.
CASES = int(os.environ.get("TICKTALK_CASES", "40"))


def inputs(graph, seed: int):
    """Yield inputs: all minimum and all maximum values, random mixtures of these two, and random values."""
    tensor, rng = graph.tensors[graph.inputs[0]], np.random.default_rng(seed)
    limits = np.iinfo(tensor.dtype)
    yield np.full(tensor.shape, limits.min, tensor.dtype)
    yield np.full(tensor.shape, limits.max, tensor.dtype)
    yield rng.choice(np.array([limits.min, limits.max], tensor.dtype), tensor.shape)
    for _ in range(2):
        yield rng.integers(limits.min, limits.max, tensor.shape, tensor.dtype, endpoint=True)


def test_all_remaining_tensors_equal_tflite_micro():
    pytest.importorskip("tflite_micro")
    changed = 0
    for seed in range(CASES):
        data = wasteful(seed)
        graph = load_graph(data, f"seed {seed}")
        simplified = simplify(graph)
        oracle, simulator, known = oracles.tflm(data), Simulator(simplified.graph), ranges(graph)
        changed += bool(simplified.removed or simplified.kept)
        for x in inputs(graph, seed):
            expected, found = oracle.run([x]), simulator.run([x])
            assert found.keys() == expected.keys() - set(simplified.removed)
            for index, values in found.items():
                part = simplified.part(index, expected[index])
                assert np.array_equal(values, part), f"seed {seed}: {graph.tensors[index].label}"
            for index, values in expected.items():
                rows = values.reshape(-1, values.shape[-1])
                assert np.all((known[index].low <= rows) & (rows <= known[index].high)), f"seed {seed}: {index}"
    assert changed > CASES // 2


@pytest.mark.parametrize("isa", ["dsp", "mve"])
def test_the_c_code_equals_the_simulator(isa, tmp_path):
    cases = []
    for seed in range(CASES // 4):
        graph = load_graph(wasteful(seed), f"seed {seed}")
        cases.append((graph, list(inputs(graph, seed))[-1:]))
    for (graph, values), trace in zip(cases, run_on_host(tmp_path, cases, isa), strict=True):
        expected, simplified = Simulator(graph).run(values), simplify(graph)
        assert set(graph.outputs) <= trace.keys()
        for index, found in trace.items():
            assert np.array_equal(found, simplified.part(index, expected[index])), f"{graph.name}: tensor {index}"


def test_fewer_channels_are_computed_and_the_report_says_so():
    """The second layer reads two of six channels. Another channel always has the value of its bias."""
    draw = Draw(1)
    source, middle, target = (draw.model.tensor((1, 4, 4, c), "int8", 0.05, -128) for c in (3, 6, 2))
    first, second = np.ones((6, 1, 1, 3), np.int8), np.zeros((2, 1, 1, 6), np.int8)
    first[1], second[..., [1, 2, 4]] = 0, 7
    options = {"Padding": 0, "StrideH": 1, "StrideW": 1}
    for x, data, y in ((source, first, middle), (middle, second, target)):
        bias = draw.model.tensor(data.shape[:1], "int32", 0.0005, data=[100] * len(data))
        kernel = draw.model.tensor(data.shape, "int8", 0.01, data=data)
        draw.model.operator("CONV_2D", [x, kernel, bias], [y], "Conv2DOptions", **options)
    graph = load_graph(draw.finish([source], [target]))
    facts = compile_graph(graph, "net").facts
    assert facts["kept_channels"] == {str(middle): [0, 1, 2, 4]}  # a multiple of four
    assert facts["simplified"] == {
        "channels": {"removed": 2, "of": 8}, "macs": {"removed": 160, "of": 480}, "weights": {"removed": 10, "of": 30}
    }  # fmt: skip
    assert facts["macs"] == 320


def test_useless_operators_and_pads_leave_the_graph():
    draw = Draw(1)
    shapes = [(1, 5, 5, 2), (1, 5, 5, 2), (1, 6, 6, 2), (1, 7, 7, 2), (1, 5, 5, 2)]
    clamped, padded, wider, result = (draw.model.tensor(shape, "int8", 0.05, -128) for shape in shapes[1:])
    source = draw.model.tensor(shapes[0], "int8", 0.05, -128)
    draw.model.operator("RELU", [source], [clamped])
    for x, y, edges in ((clamped, padded, [1, 0]), (padded, wider, [0, 1])):
        edges = [[0, 0], edges, edges, [0, 0]]
        draw.model.operator("PAD", [x, draw.model.integers(edges)], [y])
    kernel = draw.model.tensor((2, 3, 3, 2), "int8", 0.01, data=draw.values((2, 3, 3, 2)).clip(-127))
    options = {"Padding": 1, "StrideH": 1, "StrideW": 1}
    draw.model.operator("CONV_2D", [wider, kernel, -1], [result], "Conv2DOptions", **options)
    simplified = simplify(load_graph(draw.finish([source], [result])))
    (layer,) = simplified.graph.operators
    assert layer.options["padding"] == "SAME" and layer.inputs[0] == source
    assert simplified.removed == [clamped, padded, wider]
