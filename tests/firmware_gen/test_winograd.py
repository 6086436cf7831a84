"""Convolutions by Winograd's F(2, 3) (kernels/dense/winograd.py), on host, Cortex-M4 and Cortex-M33."""

from functools import partial
from itertools import pairwise
from shutil import which

import numpy as np
import pytest

from tests.firmware_gen.test_compiler import check
from tests.operators.draw import Draw
from tests.support.compiled import run_emulated, run_on_host
from ticktalk.firmware_gen.graph.model import compile_graph
from ticktalk.firmware_gen.graph.staging import GROWTH
from ticktalk.firmware_gen.kernels import compile_operator
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.reader import load_graph

# height and width of the results, height of the window, channels, outputs, valid padding, the operator that follows
SHAPES = [
    (8, 8, 3, 8, 2, 0, "RELU"), (5, 16, 3, 12, 4, 0, "ADD"), (3, 24, 2, 8, 4, 1, ""), (19, 8, 1, 8, 2, 0, "ADD"),
]  # fmt: skip
# scales of the weights and limit of the biases, for each form of requantisation
FORMS = ((0.002, 0.002, 5000), (0.002, 0.003, 5000), (0.002, 1.5, 5000), (0.002, 0.003, 1 << 28))
CORES = [run_on_host, run_emulated, pytest.param(partial(run_emulated, core="m33"), marks=pytest.mark.long)]
EXTREMES = np.array([-128, 127], np.int8)


def case(seed: int, height, width, taps, channels, outputs, valid, follower):
    """Return (graph, inputs) of a convolution. Some weights and inputs have extreme values only."""
    draw = Draw(seed)
    low, high, most = FORMS[seed]
    shape = (1, height + (taps - 1) * valid, width + 2 * valid, channels)
    source = draw.model.tensor(shape, scale=0.05, zero_point=draw.pick(-128, 3, 127))
    result, other, end = (
        draw.model.tensor((1, height, width, outputs), scale=scale, zero_point=-9) for scale in (0.3, 0.2, 0.4)
    )
    scales = np.where(np.arange(outputs) % 2, high, low)
    data = draw.rng.integers(-128, 128, (outputs, taps, 3, channels)).astype(np.int8)
    data[:1] = draw.rng.choice(EXTREMES, data[:1].shape)
    weights = draw.model.tensor(data.shape, scale=scales, dimension=0, data=data)
    bias = draw.model.tensor((outputs,), "int32", scales * 0.05, data=draw.rng.integers(-most, most, outputs))
    options = {"Padding": valid, "StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1}
    options["FusedActivationFunction"] = draw.pick(0, 1)
    draw.model.operator("CONV_2D", [source, weights, bias], [result], "Conv2DOptions", **options)
    if follower == "ADD":
        draw.model.operator("ADD", [result, other], [end], "AddOptions")
    elif follower:
        draw.model.operator(follower, [result], [end])
    inputs = [source, other] if follower == "ADD" else [source]
    graph = load_graph(draw.finish(inputs, [end if follower else result]), f"winograd-{seed}")
    values = [draw.values(graph.tensors[index].shape, "int8") for index in graph.inputs]
    if seed % 2:
        values[0] = draw.rng.choice(EXTREMES, shape)
    return graph, values


@pytest.mark.parametrize("run", CORES)
def test_every_value_is_exact(run, tmp_path):
    if run is not run_on_host and not which("qemu-system-arm"):
        pytest.skip("needs qemu-system-arm")
    seeds = (1, 2) if run is run_on_host else range(len(SHAPES))  # sanitizers take long
    cases = [case(seed, *SHAPES[seed]) for seed in seeds]
    check(cases, run(tmp_path, cases, "dsp", slow_flash=True), "dsp")
    assert (tmp_path / "cases_0.c").read_text().count("F(2, 3)") == len(cases)


def faster(graph, room=1 << 30):
    return compile_operator(Node(graph.operators[0], graph), "dsp").faster(room)


def test_the_scratch_fits():
    graph, _ = case(1, *SHAPES[1])
    row = 32 * 12
    least = faster(graph).scratch - 2 * row  # with 3 of 5 rows
    assert faster(graph, least - 1) is None
    assert faster(graph, least).scratch == least
    assert faster(graph, least + 2 * row - 1).scratch == least + row
    plain, slow = (compile_graph(graph, "net", isa="dsp", slow_flash=slow).facts for slow in (False, True))
    assert plain["arena_bytes"] < slow["arena_bytes"] <= plain["arena_bytes"] + GROWTH


def test_the_arena_grows_only_for_slow_flash():
    """The first layer leaves room for the second one, which then needs no more memory."""
    draw = Draw(0)
    sizes = [(1, 8, 8, 8), (1, 8, 8, 128), (1, 8, 8, 8), (1, 8, 8, 8)]
    tensors = [draw.model.tensor(size, scale=0.1, zero_point=0) for size in sizes]
    options = {"StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1}
    for (source, target), taps in zip(pairwise(tensors), (1, 1, 3), strict=True):
        depth, outputs = sizes[source][3], sizes[target][3]
        data = draw.values((outputs, taps, taps, depth))
        weights = draw.model.tensor(data.shape, scale=[0.01] * outputs, dimension=0, data=data)
        draw.model.operator("CONV_2D", [source, weights], [target], "Conv2DOptions", **options)
    graph = load_graph(draw.finish(tensors[:1], tensors[-1:]), "room")
    compiled = compile_graph(graph, "net", isa="dsp")
    assert "F(2, 3)" in compiled.files["net.c"]
    most = max(np.prod(a) + np.prod(b) for a, b in pairwise(sizes))
    assert compiled.facts["arena_bytes"] <= most + 1024


@pytest.mark.parametrize(("channels", "exact"), [(2748, True), (2756, False)])
def test_sums_that_could_overflow_are_left_alone(channels, exact):
    draw = Draw(1)
    source, result = (draw.model.tensor((1, 3, 8, depth), scale=0.05, zero_point=0) for depth in (channels, 2))
    data = np.full((2, 3, 3, channels), 127, np.int8)
    weights = draw.model.tensor(data.shape, scale=[0.01] * 2, dimension=0, data=data)
    options = {"StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1}
    draw.model.operator("CONV_2D", [source, weights], [result], "Conv2DOptions", **options)
    assert (faster(load_graph(draw.finish([source], [result]), "large")) is not None) == exact
