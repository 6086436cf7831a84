"""Depthwise 3x3 convolutions that compute two rows at a time (kernels/depthwise/dsp.py), on host and Cortex-M4."""

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


def case(seed: int, batches: int, height: int, width: int, channels: int, valid: int, activation: int):
    """Return (graph, inputs) of a depthwise convolution between two clamps, so that it can work in place."""
    draw = Draw(seed)
    low = draw.integer(-128, 5)
    source = draw.model.tensor((batches, height, width, channels), scale=0.05, zero_point=low)
    between = draw.model.tensor((batches, height, width, channels), scale=0.05, zero_point=low)
    out = (batches, height - 2 * valid, width - 2 * valid, channels)
    target = draw.model.tensor(out, scale=0.06, zero_point=draw.pick(-128, -128, 4))
    factors = draw.rng.uniform(0.001, 0.02, channels)
    taps = draw.model.tensor((1, 3, 3, channels), scale=factors, dimension=3, data=draw.values((1, 3, 3, channels)))
    bias = draw.model.tensor((channels,), "int32", factors / 20, data=draw.rng.integers(-3000, 3000, channels))
    draw.model.operator("RELU", [source], [between])
    draw.model.operator(
        "DEPTHWISE_CONV_2D",
        [between, taps, bias],
        [target],
        "DepthwiseConv2DOptions",
        Padding=valid,
        StrideH=1,
        StrideW=1,
        DilationHFactor=1,
        DilationWFactor=1,
        DepthMultiplier=1,
        FusedActivationFunction=activation,
    )
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
