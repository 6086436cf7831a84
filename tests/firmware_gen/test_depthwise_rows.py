"""Depthwise 3x3 convolutions: two rows at a time (kernels/depthwise/dsp.py), on host and Cortex-M4, and one channel."""

from shutil import which

import numpy as np
import pytest

from tests.firmware_gen.test_compiler import check
from tests.operators.draw import Draw
from tests.support.compiled import run_emulated, run_on_host
from ticktalk.firmware_gen.graph.model import compile_graph
from ticktalk.runtime_sim.graphs.reader import load_graph

# batches, height, width, channels, valid padding, activation
SHAPES = [
    (1, 4, 5, 4, 0, 1), (1, 5, 4, 8, 0, 3), (2, 5, 3, 4, 0, 0), (1, 2, 1, 4, 0, 1), (1, 2, 1, 6, 0, 0),
    (1, 7, 6, 9, 0, 1), (1, 6, 6, 4, 1, 1), (2, 4, 3, 8, 1, 3), (1, 7, 3, 5, 1, 0), (1, 2, 9, 12, 0, 1),
    (3, 4, 2, 4, 0, 3), (1, 9, 1, 7, 0, 1),
]  # fmt: skip


def convolve(draw: Draw, source: int, target: int, outputs: int, valid: int, activation: int, stride=1, multiplier=1):
    """Add a depthwise 3x3 convolution."""
    factors = draw.rng.uniform(0.001, 0.02, outputs)
    taps = draw.model.tensor((1, 3, 3, outputs), scale=factors, dimension=3, data=draw.values((1, 3, 3, outputs)))
    bias = draw.model.tensor((outputs,), "int32", factors / 20, data=draw.rng.integers(-3000, 3000, outputs))
    draw.model.operator(
        "DEPTHWISE_CONV_2D",
        [source, taps, bias],
        [target],
        "DepthwiseConv2DOptions",
        Padding=valid,
        StrideH=stride,
        StrideW=stride,
        DilationHFactor=1,
        DilationWFactor=1,
        DepthMultiplier=multiplier,
        FusedActivationFunction=activation,
    )


def case(seed: int, batches: int, height: int, width: int, channels: int, valid: int, activation: int):
    """Return (graph, inputs) of a depthwise convolution between two clamps, so that it can work in place."""
    draw = Draw(seed)
    low = draw.integer(-128, 5)
    source = draw.model.tensor((batches, height, width, channels), scale=0.05, zero_point=low)
    between = draw.model.tensor((batches, height, width, channels), scale=0.05, zero_point=low)
    out = (batches, height - 2 * valid, width - 2 * valid, channels)
    target = draw.model.tensor(out, scale=0.06, zero_point=draw.pick(-128, -128, 4))
    draw.model.operator("RELU", [source], [between])
    convolve(draw, between, target, channels, valid, activation)
    graph = load_graph(draw.finish([source], [target]), f"rows-{seed}")
    return graph, [draw.values((batches, height, width, channels), "int8")]


@pytest.mark.parametrize("run", [run_on_host, run_emulated])
def test_two_rows_at_a_time(run, tmp_path):
    if run is run_emulated and not which("qemu-system-arm"):
        pytest.skip("needs qemu-system-arm")
    cases = [case(seed, *shape) for seed, shape in enumerate(SHAPES)]
    for graph, _ in cases:
        assert "tt_dot_high_low" in compile_graph(graph, "net", isa="dsp").files["net.c"]
    check(cases, run(tmp_path, cases, "dsp"), "dsp")


def test_results_overwrite_the_input():
    graph, _ = case(0, *SHAPES[0])
    assert compile_graph(graph, "net", isa="dsp").facts["arena_bytes"] < 2 * np.prod(SHAPES[0][:4]) + 8 * 7 * 4 + 64


def one_channel(seed: int, outputs: int, valid: int):
    """Return (graph, inputs) of a depthwise convolution of one channel."""
    draw = Draw(seed)
    source = draw.model.tensor((1, 7, 9, 1), scale=0.05, zero_point=-3)
    size = (3, 4) if valid else (4, 5)
    target = draw.model.tensor((1, *size, outputs), scale=0.06, zero_point=-128)
    convolve(draw, source, target, outputs, valid, 1, stride=2, multiplier=outputs)
    return load_graph(draw.finish([source], [target]), f"one-{seed}"), [draw.values((1, 7, 9, 1), "int8")]


@pytest.mark.parametrize("isa", ["dsp", "mve"])
def test_one_channel_with_a_multiplier_is_a_convolution(isa, tmp_path):
    cases = [one_channel(80, 8, 0), one_channel(81, 3, 1)]
    for graph, _ in cases:
        assert "_dense_" in compile_graph(graph, "net", isa=isa).files["net.c"]
    check(cases, run_on_host(tmp_path, cases, isa), isa)
