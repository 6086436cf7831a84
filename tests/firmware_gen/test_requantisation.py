"""Test all forms of requantisation in the generated C, and sums near the limits of their integers."""

import re

import numpy as np
import pytest

from tests.firmware_gen.test_compiler import check
from tests.operators.draw import Draw
from tests.support.compiled import run_on_host
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.kernel import ISAS
from ticktalk.firmware_gen.graph.model import compile_graph
from ticktalk.firmware_gen.kernels.dense.linear import linear_form
from ticktalk.runtime_sim.graphs.reader import load_graph


@pytest.mark.parametrize("width", [6, 9])
def test_wide_accumulators_take_the_general_way(width, tmp_path):
    """Biases near the limits of int32, or factors that shift left or far right, rule out the fast form."""
    cases = []
    for number, factor in enumerate((2.0**-30, 2.0**-23, 0.3, 1.7, 60.0)):
        draw = Draw(number)
        source, target = (
            draw.model.tensor((5, width), scale=1.0, zero_point=-128),
            draw.model.tensor((5, 3), scale=1.0, zero_point=3),
        )
        kernel = draw.model.tensor((3, width), scale=[factor] * 3, data=draw.values((3, width)).clip(-127))
        bias = draw.model.tensor((3,), "int32", [factor] * 3, data=[2**31 - 1 - width * 255 * 127, -(2**30), 7])
        draw.model.operator(
            "FULLY_CONNECTED", [source, kernel, bias], [target], "FullyConnectedOptions", KeepNumDims=True
        )
        graph = load_graph(draw.finish([source], [target]), f"wide-{factor}")
        cases.append((graph, [draw.values((5, width), "int8")]))
    for isa in ISAS:
        (tmp_path / isa).mkdir()
        check(cases, run_on_host(tmp_path / isa, cases, isa), isa)


@pytest.mark.parametrize("isa", ["portable", "dsp"])
def test_forms_of_requantisation(isa, tmp_path):
    """Test each form of requantisation.

    The forms are one factor for all channels, packed factors, a bias too large for packing, and a channel with constant
    output.
    """
    even, odd = [0.01] * 5, [0.01, 0.02, 0.005, 0.04, 0.011]
    dead = [0.01, 1e-9, 0.005, 0.04, 0.7]
    kinds = {
        "layer": (even, 100, False),
        "packed": (odd, -100, False),
        "wide": ([each / 1000 for each in odd], (1 << 23) + 9999, False),
        "packed, dead": (dead, 0, True),
    }
    cases = []
    for number, (kind, (factors, bias, kill)) in enumerate(kinds.items()):
        draw = Draw(number)
        source, target = (
            draw.model.tensor((3, 20), scale=1.0, zero_point=11),
            draw.model.tensor((3, 5), scale=1.0, zero_point=-7),
        )
        data = draw.values((5, 20)).clip(-127)
        data[4] *= not kill
        weights = draw.model.tensor((5, 20), scale=factors, data=data)
        biases = draw.model.tensor((5,), "int32", factors, data=[bias, 1 << 30 if kill else 5, 9, bias, 77])
        draw.model.operator(
            "FULLY_CONNECTED", [source, weights, biases], [target], "FullyConnectedOptions", KeepNumDims=True
        )
        graph = load_graph(draw.finish([source], [target]), kind)
        files = compile_graph(graph, "net", isa=isa).files
        stored = re.search(r"int32_t net_0_(bias|channels)\[(\d+)\]", files["net_weights.c"])
        assert (
            stored.groups()
            == {"layer": ("bias", "5"), "packed": ("channels", "10"), "wide": ("channels", "15")}[kind.split(",")[0]]
        )
        cases.append((graph, [draw.values((3, 20), "int8")]))
    check(cases, run_on_host(tmp_path, cases, isa), isa)


def test_linear_sums():
    """The linear form gives the required results for all pairs of values. Results without a linear form are refused."""
    values, rng = np.arange(-128, 128), np.random.default_rng(5)
    for first, second, offset in rng.integers(1 << 15, 3 << 20, (4, 3)):
        results = np.clip((np.add.outer(first * values, -second * values) + offset) >> 20, -100, 127)
        slopes = first / 2**20, -second / 2**20
        a, b, c, shift = linear_form(slopes, results, -100, 127)
        sums = np.add.outer(a * values, b * values) + c
        assert np.array_equal(np.clip(sums >> shift, -100, 127), results) and np.abs(sums).max() < 1 << 31
        results[128, 128] += 1
        assert linear_form(slopes, results, -100, 127) is None


def dense_int16(bias: list[int]):
    """Return an int16 FULLY_CONNECTED layer with these biases, and an input for it."""
    draw = Draw(1)
    source, target = draw.activation_tensor((4, 9), "int16", 0.01), draw.activation_tensor((4, len(bias)), "int16", 1.5)
    kernel = draw.model.tensor((len(bias), 9), scale=[0.5] * len(bias), data=draw.values((len(bias), 9)).clip(-127))
    biases = draw.model.tensor((len(bias),), "int64", [0.005] * len(bias), data=bias)
    draw.model.operator(
        "FULLY_CONNECTED", [source, kernel, biases], [target], "FullyConnectedOptions", KeepNumDims=True
    )
    return load_graph(draw.finish([source], [target]), "wide"), [draw.values((4, 9), "int16")]


def test_int16_biases_beyond_32_bits(tmp_path):
    cases = [dense_int16([1 << 46, -(1 << 46), (1 << 31) - 1, -(1 << 31), 1 << 22])]
    check(cases, run_on_host(tmp_path, cases, "portable"), "portable")
    with pytest.raises(BuildError, match="operator 0 .FULLY_CONNECTED.: sums of up to 1.41e.14 are not supported"):
        compile_graph(dense_int16([1 << 47])[0], "net")
