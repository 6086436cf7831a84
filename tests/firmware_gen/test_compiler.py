"""Compare every tensor of random graphs in the generated C and in the simulator.

The C code runs on the host, with sanitizers, and on an emulated Cortex-M4.
"""

import os
from dataclasses import replace
from importlib import import_module
from itertools import product
from pathlib import Path
from shutil import which

import numpy as np
import pytest

from tests.operators.draw import Draw
from tests.support.compiled import run_emulated, run_on_host
from tests.support.paths import TESTS, TINY
from tests.support.stacks import stack
from ticktalk.firmware_gen import kernels
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.fuse import fuse, unstored
from ticktalk.firmware_gen.graph.model import compile_graph
from ticktalk.firmware_gen.simplify.simplify import simplify
from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.simulator import Simulator

# For a thorough run, set TICKTALK_CASES=1000. The default keeps the test suite fast.
CASES = int(os.environ.get("TICKTALK_CASES", "6"))
STACKS = min(4, CASES // 3)  # random graphs with branches
# Operators for which the compiler accepts every model that the simulator accepts.
COMPLETE = {
    "add",
    "batch_matmul",
    "concatenation",
    "conv_2d",
    "depthwise_conv_2d",
    "dequantize",
    "fully_connected",
    "log_softmax",
    "maximum",
    "minimum",
    "mul",
    "quantize",
    "resize_bilinear",
    "sub",
    "transpose_conv",
}
# Operators that move values without changing them. The models are int8 by default, and `Int16Draw` makes them int16.
MOVING = (
    "expand_dims",
    "gather",
    "pack",
    "pad",
    "reshape",
    "resize_nearest_neighbor",
    "slice",
    "split",
    "squeeze",
    "transpose",
    "unpack",
)
# Groups of operators that are compiled together, because their C code is short and the same for each instruction set.
SIMPLE = (
    ("abs", "add_n", "arg_max", "arg_min", "assign_variable", "batch_to_space_nd", "broadcast_to", "cumsum"),
    ("depth_to_space", "detection_postprocess", "dynamic_update_slice", "elu", "equal", "gather_nd", "greater"),
    ("greater_equal", "l2_normalization", "less", "less_equal", "mirror_pad", "not_equal", "read_variable"),
    ("reduce_min", "reverse_v2", "select_v2", "space_to_batch_nd", "space_to_depth", "svdf"),
    ("unidirectional_sequence_lstm",),
    (
        "cast",
        "circular_buffer",
        "div",
        "embedding_lookup",
        "if",
        "signal_delay",
        "signal_energy",
        "signal_fft_auto_scale",
        "signal_filter_bank",
        "signal_filter_bank_log",
        "signal_framer",
    ),
    (
        "signal_filter_bank_spectral_subtraction",
        "signal_filter_bank_square_root",
        "signal_irfft",
        "signal_overlap_add",
        "signal_pcan",
        "signal_rfft",
        "signal_stacker",
        "signal_window",
        "while",
    ),
)
OPERATORS = sorted(
    path.stem
    for path in Path(kernels.__file__).parent.glob("[a-z]*.py")
    if (TESTS / "operators" / path.name).exists() and path.stem not in sum(SIMPLE, ())
)
# Operators whose C code for DSP differs from the portable code.
ON_DSP = ("add", "average_pool_2d", "conv_2d", "depthwise_conv_2d", "fully_connected", "sub")
# Operators whose C code for MVE differs from that for DSP.
ON_MVE = (
    "add",
    "average_pool_2d",
    "conv_2d",
    "depthwise_conv_2d",
    "fully_connected",
    "max_pool_2d",
    "sub",
)
# Operators whose code on the Cortex-M4 differs from that on the host, because of DSP instructions or float arithmetic.
ON_M4 = {*ON_DSP, "dequantize", "quantize", "softmax"}
on_m4 = pytest.mark.skipif(not which("qemu-system-arm"), reason="needs qemu-system-arm")


class Int16Draw(Draw):
    """A `Draw` whose activations are int16 instead of int8."""

    def activation_tensor(self, shape, dtype="int8", scale=None, zero_point=None) -> int:
        return super().activation_tensor(shape, "int16", scale, zero_point)


def operator_cases(name: str, seeds, kind=Draw) -> list:
    """Return (graph, inputs) of one operator's random models, one per seed.

    Models that the compiler refuses are skipped.
    """
    make = import_module(f"tests.operators.{name}").case
    cases = []
    for seed in seeds:
        draw = kind(seed)
        graph = load_graph(make(draw), f"{name}-{seed}")
        try:
            kernels.compile_operator(Node(graph.operators[-1], graph), "portable")
        except (BuildError, ModelError) as error:
            assert name not in COMPLETE, error
            assert any(
                reason in str(error) for reason in ("not supported", "broadcasting pattern", "is int16, not int8")
            )
            continue
        cases.append((graph, [values(draw, graph, graph.tensors[i]) for i in graph.inputs]))
    return cases


def values(draw, graph, tensor) -> np.ndarray:
    """Return random values for an input tensor. The floats lie on, near and between the quantisation steps."""
    if tensor.dtype != np.float32:
        return draw.values(tensor.shape, tensor.dtype)
    steps = draw.rng.integers(-600, 600, tensor.shape) * np.float32(draw.pick(0.5, 0.25, 77.7, 1e30))
    return steps.astype(np.float32) * graph.tensors[graph.outputs[0]].scale


def graph_cases() -> list:
    """Return (graph, inputs) for the tiny voice's graphs and for random stacks with branches."""
    graphs = [load_graph(TINY / f"{name}.tflite") for name in ("frame", "phoneme")]
    graphs += [load_graph(stack(seed), f"stack-{seed}") for seed in range(STACKS)]
    draw = Draw(1)
    return [
        (graph, [draw.rng.integers(-128, 128, graph.tensors[i].shape).astype(np.int8) for i in graph.inputs])
        for graph in graphs
    ]


def check(cases, traces, isa) -> None:
    """Check that every stored tensor is traced and equals the simulator's.

    Tensors between fused operators and channels that nothing needs are not stored.
    """
    assert cases
    for (graph, inputs), trace in zip(cases, traces, strict=True):
        expected, simplified = Simulator(graph).run(inputs), simplify(graph)
        absent = {*simplified.removed, *unstored(fuse(simplified.graph, isa))}
        assert trace.keys() == expected.keys() - absent
        for index, values in trace.items():
            part = simplified.part(index, expected[index])
            assert np.array_equal(values, part), f"{graph.name}: {graph.tensors[index].label}"


@pytest.mark.parametrize(
    ("name", "isa"),
    [*product(OPERATORS, ["portable"]), *product(ON_DSP, ["dsp"]), *product(ON_MVE, ["mve"])],
)
def test_operator_on_host(name, isa, tmp_path):
    cases = operator_cases(name, range(CASES))
    check(cases, run_on_host(tmp_path, cases, isa), isa)


@pytest.mark.parametrize("name", sorted({*OPERATORS} - {*ON_DSP}))
def test_other_operators_have_the_same_c_for_dsp(name):
    """The only differences are the name of the instruction set, and a header that is not used."""

    def code(graph, isa):
        files = compile_graph(graph, "case", 0, isa).files
        unused = files.pop("tt_dsp.h", "")
        assert bool(unused) == (isa == "dsp") and not any("TT_DSP_H" in text for text in files.values())
        return {file: text.replace(f'"{isa}"', "").replace('#include "tt_dsp.h"\n', "") for file, text in files.items()}

    cases = operator_cases(name, range(CASES))
    assert cases
    for graph, _ in cases:
        assert code(graph, "dsp") == code(graph, "portable"), graph.name


@pytest.mark.parametrize("names", SIMPLE, ids=lambda names: names[0])
def test_simple_operators_on_host(names, tmp_path):
    cases = [case for name in names for case in operator_cases(name, range(CASES // 2))]
    check(cases, run_on_host(tmp_path, cases, "portable"), "portable")


def test_int16_is_moved(tmp_path):
    """The models contain views, copies and values filled in by operators, all with two-byte elements."""
    count = CASES // 2
    cases = [case for name in MOVING for case in operator_cases(name, range(count), Int16Draw)]
    assert len(cases) == count * len(MOVING)
    assert all(graph.tensors[index].dtype == np.int16 for graph, _ in cases for index in graph.outputs)
    check(cases, run_on_host(tmp_path, cases, "portable"), "portable")


@pytest.mark.parametrize(
    ("isa", "compiler"),
    [
        *(("portable", "gcc"), ("dsp", "gcc"), ("mve", "gcc"), ("dsp", "clang")),
        *(pytest.param(isa, "clang", marks=pytest.mark.long) for isa in ("portable", "mve")),
    ],
)
def test_graphs_on_host(isa, compiler, tmp_path):
    if not which(compiler):
        pytest.skip(f"needs {compiler}")
    cases = graph_cases()
    check(cases, run_on_host(tmp_path, cases, isa, compiler), isa)


@on_m4
@pytest.mark.parametrize("isa", ["portable", "dsp"])
def test_graphs_on_m4(isa, tmp_path):
    cases = graph_cases()
    check(cases, run_emulated(tmp_path, cases, isa), isa)


@on_m4
@pytest.mark.parametrize("name", sorted(ON_M4 & set(OPERATORS)))
def test_operator_on_m4(name, tmp_path):
    cases = operator_cases(name, range(CASES, 3 * CASES))
    check(cases, run_emulated(tmp_path, cases, "dsp"), "dsp")


@on_m4
def test_simple_operators_on_m4(tmp_path):
    cases = [case for name in sum(SIMPLE, ()) for case in operator_cases(name, [CASES])]
    check(cases, run_emulated(tmp_path, cases, "portable"), "portable")


def fused_case(seed: int):
    """Return (graph, inputs) of a layer followed by an addition, a subtraction or a look-up table.

    The second operand of an addition is a branch computed before or after the layer.
    """
    draw = Draw(seed)
    height, width, depth, outputs = draw.integer(1, 4), draw.integer(2, 6), draw.integer(1, 9), draw.integer(1, 9)
    source = draw.activation_tensor((1, height, width, depth), scale=0.05)

    def layer(taps: int, scale: float) -> int:
        result = draw.activation_tensor((1, height, width, outputs), scale=scale)
        factors = draw.rng.uniform(0.5, 1.5, outputs) * scale / (2000 * (depth * taps * taps) ** 0.5)
        weights = draw.model.tensor(
            (outputs, taps, taps, depth), scale=factors, data=draw.values((outputs, taps, taps, depth)).clip(-127)
        )
        bias = draw.model.tensor((outputs,), "int32", factors, data=draw.rng.integers(-999, 999, outputs))
        fused = {"Padding": 0, "StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1}
        draw.model.operator(
            "CONV_2D",
            [source, weights, bias],
            [result],
            "Conv2DOptions",
            FusedActivationFunction=draw.integer(0, 1),
            **fused,
        )
        return result

    near, far = 0.05 * 2.0 ** draw.integer(-7, 7), 0.05 * draw.pick(1.0, 0.3, 1.9)
    operator, twice = draw.pick("ADD", "ADD", "SUB", "LOGISTIC", "HARD_SWISH"), draw.pick(False, True)
    results = [layer(draw.pick(1, 3), near)]
    target = draw.activation_tensor((1, height, width, outputs), scale=0.07)
    if operator in ("ADD", "SUB"):
        results = [*results, layer(1, near if draw.pick(False, True) else far)][:: draw.pick(1, -1)]
        draw.model.operator(
            operator, results, [target], f"{operator.capitalize()}Options", FusedActivationFunction=draw.pick(0, 1)
        )
    else:
        target = (
            draw.activation_tensor((1, height, width, outputs), scale=1 / 256, zero_point=-128)
            if operator == "LOGISTIC"
            else target
        )
        draw.model.operator(operator, results, [target], "HardSwishOptions" if operator == "HARD_SWISH" else None)
    graph = load_graph(
        draw.finish([source], [target, results[0]] if twice and len(results) == 2 else [target]), f"fused-{seed}"
    )
    return graph, [draw.values((1, height, width, depth), "int8")]


# With DSP instructions, `test_graphs_on_host` and `test_fused_on_m4` run fused layers.
@pytest.mark.parametrize("isa", ["portable", pytest.param("dsp", marks=pytest.mark.long)])
def test_fused_on_host(isa, tmp_path):
    cases = [fused_case(seed) for seed in range(4 * CASES)]
    assert sum(len(unstored(fuse(graph, isa))) for graph, _ in cases) >= 3 * CASES
    check(cases, run_on_host(tmp_path, cases, isa), isa)


@on_m4
def test_fused_on_m4(tmp_path):
    cases = [fused_case(seed) for seed in range(8 * CASES, 12 * CASES)]
    check(cases, run_emulated(tmp_path, cases, "dsp"), "dsp")


def test_the_same_graph_gives_the_same_bytes():
    graph, _ = graph_cases()[0]
    first, second = compile_graph(graph, "same", isa="dsp"), compile_graph(graph, "same", isa="dsp")
    assert first.files == second.files and first.facts == second.facts


def test_slices_along_time_and_reshapes_cost_nothing():
    graph, _ = graph_cases()[0]
    functions = {fact["name"]: fact["function"] for fact in compile_graph(graph, "net").facts["operators"]}
    assert functions["STRIDED_SLICE"] is None and functions["CONV_2D"] is not None


def test_both_graphs_of_a_voice_can_share_an_arena():
    graph, _ = graph_cases()[0]
    files = compile_graph(graph, "net", own_arena=False).files
    assert "void net_invoke(int8_t *arena);" in files["net.h"] and "struct net" not in files["net.h"]


def pointwise(name: str, options: str, operands, target, *further):
    """Return a graph with one operator.

    `operands` (run-time inputs) and `target` have the form (shape, dtype, scale, zero point). `further` holds the
    constant operands.
    """
    draw = Draw(0)
    sources = [draw.model.tensor(*each) for each in operands]
    result = draw.model.tensor(*target)
    draw.model.operator(name, [*sources, *(draw.model.integers(each) for each in further)], [result], options)
    return load_graph(draw.finish(sources, [result]), "odd")


def test_what_has_no_room_is_refused():
    wide = (1, 4096), "int8"
    with pytest.raises(BuildError, match="operator 0 .LOG_SOFTMAX.: rows of more than 4095 values"):
        compile_graph(pointwise("LOG_SOFTMAX", "LogSoftmaxOptions", [(*wide, 0.1, 0)], (*wide, 1 / 16, 127)), "net")
    odd = (3,), "int16", 0.1, 5
    with pytest.raises(BuildError, match="operator 0 .MUL.: int16 tensor"):
        compile_graph(pointwise("MUL", "MulOptions", [odd, odd], odd), "net")
    picture = "int8", 0.1, 0
    with pytest.raises(
        ModelError, match="operator 0 .RESIZE_BILINEAR.: resizing 1 values to 2047 reads outside the input"
    ):
        pointwise(
            "RESIZE_BILINEAR",
            "ResizeBilinearOptions",
            [((1, 1, 1, 1), *picture)],
            ((1, 2047, 1, 1), *picture),
            [2047, 1],
        )


def test_unknown_operator_and_instruction_set_are_refused():
    graph, _ = graph_cases()[0]
    odd = replace(graph, operators=(*graph.operators[:-1], replace(graph.operators[-1], name="LSTM")))
    with pytest.raises(BuildError, match="operator 16 .LSTM.: this operator has no kernel"):
        compile_graph(odd, "net")
    with pytest.raises(BuildError, match="avx"):
        compile_graph(graph, "net", isa="avx")
    with pytest.raises(BuildError, match="C identifier"):
        compile_graph(graph, "a-b")
