"""Test MVE kernels with layers of every size class, in C with sanitizers and on an emulated Cortex-M55."""

from shutil import which

import numpy as np
import pytest

from tests.firmware_gen.test_compiler import ON_MVE, check, operator_cases
from tests.operators.draw import Draw
from tests.support.compiled import run_emulated, run_on_host
from ticktalk.firmware_gen.graph.model import compile_graph
from ticktalk.firmware_gen.kernels.depthwise.mve import sums
from ticktalk.runtime_sim.graphs.reader import load_graph

# Each entry is (positions, depth, outputs). The sizes cover blocks of 2, 3 and 4 positions with and without a
# remainder, rows with and without a tail, runs of 1 to 4 vectors, more vectors than one subtraction can encode, and
# output counts that are not multiples of four.
DENSE = [
    (1, 16, 4),
    (1, 5, 6),
    (1, 40, 9),
    (2, 64, 8),
    (3, 16, 5),
    (4, 27, 8),
    (5, 48, 7),
    (6, 96, 4),
    (9, 33, 12),
    (4, 1100, 4),
    (7, 80, 3),
    (4, 64, 1),
    (7, 21, 1),
    (17, 16, 1),
]
# Each entry is (height, width, channels, kernel, stride, dilation, padded).
DEPTHWISE = [
    (1, 20, 16, (1, 7), 1, 1, True),
    (1, 12, 48, (1, 5), 1, 2, False),
    (5, 4, 8, (3, 3), 1, 1, True),
    (6, 7, 20, (3, 3), 2, 1, True),
    (4, 5, 33, (3, 2), 1, 1, False),
    (7, 6, 130, (3, 3), 1, 2, True),
    (9, 3, 3, (5, 1), 3, 1, True),
    (3, 9, 4, (3, 3), 1, 1, False),
    (4, 11, 2, (3, 2), 1, 2, True),
    (2, 38, 1, (2, 5), 1, 1, False),
    (4, 9, 13, (3, 3), 1, 1, True),
    (5, 10, 16, (3, 3), 1, 1, False),
    (6, 8, 9, (3, 3), 1, 1, True),
    (4, 7, 20, (3, 3), 1, 1, True),
    (7, 6, 4, (3, 3), 1, 1, True),
    (5, 7, 33, (3, 3), 1, 1, True),
]
# Each entry is (height and width, channels, kernel, stride, padded, outputs) of convolutions whose rows of the window
# are whole vectors or parts of them. The last six have windows that are read in place.
WINDOWS = [
    (5, 3, (3, 3), 2, True, 6),
    (6, 16, (3, 3), 1, True, 6),
    (4, 8, (5, 2), 1, True, 6),
    (8, 16, (3, 3), 1, True, 6),
    (8, 16, (3, 2), 2, True, 6),
    (4, 32, (2, 3), 1, True, 6),
    (8, 16, (3, 3), 1, True, 40),
    (6, 16, (3, 3), 1, False, 6),
    (7, 16, (1, 1), 2, False, 6),
]
# Each entry is (height and width, kernel, stride, channels).
POOLS = [(6, 3, 2, 35), (5, 3, 2, 19), (7, 4, 3, 8), (5, 2, 1, 48), (16, 16, 1, 9), (4, 3, 1, 13), (3, 3, 1, 16)]
on_m55 = pytest.mark.skipif(not which("qemu-system-arm"), reason="needs qemu-system-arm")


def finished(draw: Draw, name: str, operands, target, table: str, **options):
    """Return a graph with a single operator, and inputs for it."""
    draw.model.operator(name, operands, [target], table, **options)
    graph = load_graph(draw.finish(operands[:1], [target]), name.lower())
    return graph, [draw.values(graph.tensors[graph.inputs[0]].shape)]


def scaled(draw: Draw, shape, dimension: int, depth: int, shared: bool):
    """Return weights and a bias of typical magnitude. If `shared` is set, all channels share one scale."""
    channels = shape[dimension]
    scales = draw.rng.uniform(0.5, 1.5, 1 if shared else channels) / (74 * depth**0.5)
    weights = draw.model.tensor(shape, scale=scales, dimension=dimension, data=draw.rng.integers(-127, 128, shape))
    bias = draw.model.tensor((channels,), "int32", 0.05 * scales, data=draw.rng.integers(-900, 900, channels))
    return weights, bias


def dense_cases() -> list:
    """Return 1x1 convolutions with the sizes in DENSE.

    Some convolutions include a RELU, and half of them have a single scale for all channels.
    """
    cases = []
    for number, (positions, depth, outputs) in enumerate(DENSE):
        draw = Draw(number)
        source = draw.model.tensor((1, 1, positions, depth), scale=0.05, zero_point=draw.integer(-20, 20))
        weights, bias = scaled(draw, (outputs, 1, 1, depth), 0, depth, number % 2 == 1)
        target = draw.model.tensor((1, 1, positions, outputs), scale=0.05, zero_point=draw.pick(-128, 5))
        cases.append(
            finished(
                draw,
                "CONV_2D",
                [source, weights, bias],
                target,
                "Conv2DOptions",
                Padding=1,
                StrideH=1,
                StrideW=1,
                FusedActivationFunction=number // 2 % 2,
            )
        )
    return cases


def windows_cases() -> list:
    """Return convolutions with the sizes in WINDOWS."""
    cases = []
    for number, (size, depth, kernel, stride, padded, outputs) in enumerate(WINDOWS):
        draw = Draw(400 + number)
        source = draw.model.tensor((1, size, size, depth), scale=0.05, zero_point=-9)
        taps = kernel[0] * kernel[1] * depth
        weights, bias = scaled(draw, (outputs, *kernel, depth), 0, taps, False)
        height, width = (-(-(size - (0 if padded else tap - 1)) // stride) for tap in kernel)
        target = draw.model.tensor((1, height, width, outputs), scale=0.05, zero_point=-128)
        options = {"Padding": 0 if padded else 1, "StrideH": stride, "StrideW": stride, "FusedActivationFunction": 1}
        cases.append(finished(draw, "CONV_2D", [source, weights, bias], target, "Conv2DOptions", **options))
    return cases


def depthwise_cases() -> list:
    """Return depthwise convolutions with the sizes in DEPTHWISE."""
    cases = []
    for number, (height, width, channels, kernel, stride, dilation, padded) in enumerate(DEPTHWISE):
        draw = Draw(100 + number)
        source = draw.model.tensor((1, height, width, channels), scale=0.05, zero_point=draw.integer(-20, 20))
        weights, bias = scaled(draw, (1, *kernel, channels), 3, kernel[0] * kernel[1], number % 2 == 0)
        reach = [(k - 1) * dilation + 1 for k in kernel]
        outs = [-(-(extent - (0 if padded else size - 1)) // stride) for extent, size in zip((height, width), reach)]
        target = draw.model.tensor((1, *outs, channels), scale=0.05, zero_point=draw.pick(-128, 5))
        cases.append(
            finished(
                draw,
                "DEPTHWISE_CONV_2D",
                [source, weights, bias],
                target,
                "DepthwiseConv2DOptions",
                Padding=int(not padded),
                StrideH=stride,
                StrideW=stride,
                DilationHFactor=dilation,
                DilationWFactor=dilation,
                DepthMultiplier=1,
                FusedActivationFunction=number % 3 % 2,
            )
        )
    return cases


def pool_cases() -> list:
    """Return pools with and without padding and a tail. The mean of 16x16 values does not fit int16 lanes."""
    cases = []
    for number, (size, kernel, stride, channels) in enumerate(POOLS):
        draw = Draw(300 + number)
        operands = [draw.model.tensor((1, size, size, channels), scale=0.05, zero_point=3)]
        out = -(-size // stride) if number % 2 else (size - kernel) // stride + 1
        target = draw.model.tensor((1, out, out, channels), scale=0.05, zero_point=3)
        options = {"Padding": 1 - number % 2, "StrideH": stride, "StrideW": stride}
        options |= {"FilterHeight": kernel, "FilterWidth": kernel, "FusedActivationFunction": number // 2 % 2}
        name = "MAX_POOL_2D" if number % 3 == 0 else "AVERAGE_POOL_2D"
        cases.append(finished(draw, name, operands, target, "Pool2DOptions", **options))
    return cases


def sum_cases() -> list:
    """Return additions and subtractions whose operands have very different scales, with and without a tail."""
    cases = []
    for number, ratio in enumerate((1, 0.5, 0.37, 2.7, 1 / 300, 3e-7)):
        draw = Draw(200 + number)
        size = (1, 3, 13 + number)
        operands = [
            draw.model.tensor(size, scale=scale, zero_point=draw.integer(-128, 127)) for scale in (0.05, 0.05 * ratio)
        ]
        target = draw.model.tensor(size, scale=0.07, zero_point=draw.integer(-50, 50))
        draw.model.operator(
            "SUB" if number % 2 else "ADD",
            operands,
            [target],
            "SubOptions" if number % 2 else "AddOptions",
            FusedActivationFunction=int(number > 3),
        )
        graph = load_graph(draw.finish(operands, [target]), f"sum-{number}")
        cases.append((graph, [draw.values(size), draw.values(size)]))
    return cases


@pytest.mark.parametrize("cases", [dense_cases, windows_cases, depthwise_cases, pool_cases, sum_cases])
def test_sizes_on_host(cases, tmp_path):
    check(cases(), run_on_host(tmp_path, cases(), "mve"), "mve")


@on_m55
def test_on_m55(tmp_path):
    cases = [*dense_cases(), *windows_cases(), *depthwise_cases(), *pool_cases(), *sum_cases()]
    cases += [case for name in ON_MVE for case in operator_cases(name, range(4))]
    check(cases, run_emulated(tmp_path, cases, "mve", "m55"), "mve")


def test_windows_are_read_in_place():
    functions = [compile_graph(graph, "net", isa="mve").files["net.c"] for graph, _ in windows_cases()]
    assert ["TT_DOT_ROWS" in text for text in functions] == [number > 2 for number in range(len(WINDOWS))]
    # Results of 40 channels would reach rows of 16 channels that have not been copied.
    assert ["y may be x" in text for text in functions] == [number in (3, 4, 5) for number in range(len(WINDOWS))]


def test_vectors_are_used():
    """Every layer has an MVE kernel, except those with too few outputs or too many rows of one output."""
    functions = [compile_graph(graph, "net", isa="mve").files["net.c"] for graph, _ in dense_cases()]
    assert [
        text.count("TT_DOT_") > 0 and "TT_DOT_4X2" not in text and "TT_DOT_3X2" not in text for text in functions
    ] == [outputs >= 4 or (outputs == 1 and positions <= 16) for positions, _, outputs in DENSE]


def test_weights_hardly_grow():
    for graph, _ in dense_cases():
        weights = graph.operators[0].inputs[1]
        if graph.tensors[weights].shape[0] >= 4:
            assert compile_graph(graph, "net", isa="mve").facts["weight_bytes"] - graph.tensors[
                weights
            ].nbytes in range(16)


def test_runs_of_taps_fit_int16():
    assert sums(np.array([[127], [127], [127]], np.int8)) == [range(2), range(2, 3)]
    assert sums(np.array([[-128], [-128], [1]], np.int8)) == [range(1), range(1, 3)]  # 2 * 128 * 128 overflows int16
    assert sums(np.array([[80, 1], [80, 1], [80, 100], [80, 127]], np.int8)) == [range(3), range(3, 4)]
