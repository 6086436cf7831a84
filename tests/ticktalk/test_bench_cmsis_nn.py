"""Test `bench --against cmsis-nn`: the outputs of the generated calls equal the simulator's.

The short test links a stand-in with plain loops. The long one links the CMSIS-NN tree in TICKTALK_CMSIS_NN.
"""

import os
import shutil
import subprocess
from pathlib import Path
from shutil import which

import pytest

from tests.operators.draw import Draw
from tests.support.front import assert_refused, ticktalk
from tests.support.models import small_network
from tests.support.paths import SUPPORT
from ticktalk.bench import cmsis_nn, others
from ticktalk.bench.cmsis_nn_calls import macs_of, source_of
from ticktalk.bench.measure import Measurement
from ticktalk.boards.board import load_board
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.proof.subject import ModelSubject
from ticktalk.runtime_sim.graphs.reader import read_graph

STAND_IN = SUPPORT / "cmsis_nn_stand_in"
BOARDS = ["qemu-m4", "qemu-m33", "qemu-m55"]


def small_convolutions(softmax: bool) -> bytes:
    """Return a model with every operator whose calls are written, except MAX_POOL_2D, and SOFTMAX on demand."""
    draw = Draw(3)
    model = draw.model
    source = draw.activation_tensor((1, 7, 6, 3), scale=0.5, zero_point=-3)
    first = draw.activation_tensor((1, 4, 6, 4), scale=0.9, zero_point=4)
    scales = [0.004, 0.006, 0.002, 0.01]
    kernel = model.tensor((4, 3, 2, 3), "int8", scales, 0, 0, draw.rng.integers(-127, 128, (4, 3, 2, 3)))
    bias = model.tensor((4,), "int32", 0.01, data=[5, -7, 0, 100])
    options = {"StrideH": 2, "StrideW": 1, "FusedActivationFunction": 1}
    model.operator("CONV_2D", [source, kernel, bias], [first], "Conv2DOptions", **options)
    second = draw.activation_tensor((1, 4, 6, 8), scale=0.7, zero_point=1)
    scales = [0.004, 0.006, 0.002, 0.01, 0.003, 0.007, 0.001, 0.009]
    deep = model.tensor((1, 3, 3, 8), "int8", scales, 0, 3, draw.rng.integers(-127, 128, (1, 3, 3, 8)))
    options = {"StrideH": 1, "StrideW": 1, "DepthMultiplier": 2}
    model.operator("DEPTHWISE_CONV_2D", [first, deep, -1], [second], "DepthwiseConv2DOptions", **options)
    kernel = model.tensor((8, 1, 1, 8), "int8", scales, 0, 0, draw.rng.integers(-127, 128, (8, 1, 1, 8)))
    third = draw.activation_tensor((1, 4, 6, 8), scale=0.3, zero_point=-9)
    model.operator("CONV_2D", [second, kernel, -1], [third], "Conv2DOptions", StrideH=1, StrideW=1)
    total = draw.activation_tensor((1, 4, 6, 8), scale=0.8, zero_point=2)
    model.operator("ADD", [second, third], [total], "AddOptions")
    pooled = draw.activation_tensor((1, 2, 3, 8), scale=0.8, zero_point=2)
    options = {"Padding": 1, "StrideH": 2, "StrideW": 2, "FilterHeight": 2, "FilterWidth": 2}
    model.operator("AVERAGE_POOL_2D", [total], [pooled], "Pool2DOptions", **options)
    flat = draw.activation_tensor((1, 48), scale=0.8, zero_point=2)
    model.operator("RESHAPE", [pooled, model.integers([1, -1])], [flat], "ReshapeOptions")
    dense = model.tensor((5, 48), "int8", 0.01, data=draw.rng.integers(-127, 128, (5, 48)))
    result = draw.activation_tensor((1, 5), scale=0.2, zero_point=10)
    model.operator("FULLY_CONNECTED", [flat, dense, -1], [result], "FullyConnectedOptions")
    if softmax:
        scores = draw.activation_tensor((1, 5), scale=1 / 256, zero_point=-128)
        model.operator("SOFTMAX", [result], [scores], "SoftmaxOptions", Beta=1.0)
        result = scores
    return draw.finish([source], [result])


def beside(file: Path, board: str, tree: Path) -> list[Measurement]:
    """Return the measurements of the model in `file` with each library of `tree`."""
    ours = Measurement("ticktalk", model_bytes=1)
    return others.measure(
        "cmsis-nn", ModelSubject(file), load_board(board), ours, lambda line: None, {"cmsis-nn": tree}
    )


@pytest.mark.skipif(not which("arm-none-eabi-gcc"), reason="needs gcc-arm-none-eabi")
def test_calls_to_cmsis_nn_equal_the_simulator(tmp_path):
    tree = shutil.copytree(STAND_IN, tmp_path / "tree")
    folder = tree / "build-cortex-m4"
    folder.mkdir()
    compile_it = ["arm-none-eabi-gcc", "-O2", "-mcpu=cortex-m4", "-mthumb", "-ffreestanding", "-I", tree / "Include"]
    subprocess.run([*compile_it, "-c", tree / "functions.c", "-o", folder / "functions.o"], check=True)
    subprocess.run(["arm-none-eabi-ar", "rcs", folder / "libcmsis-nn.a", folder / "functions.o"], check=True)
    file = tmp_path / "convolutions.tflite"
    file.write_bytes(small_convolutions(softmax=False))
    (found,) = beside(file, "qemu-m4", tree)
    assert found.implementation == "cmsis-nn build-cortex-m4" and found.exact
    assert found.macs == 24 * (4 * 18 + 8 * 9 + 8 * 8) + 5 * 48 and found.ram["arena"] > 0
    assert found.flash["weights"] == 72 + 72 + 64 + 240 and found.cycles > found.instructions > found.macs
    assert sum(found.outside.values()) == sum(found.classes.values())


@pytest.mark.long  # needs a CMSIS-NN tree with a library for each core
@pytest.mark.skipif("TICKTALK_CMSIS_NN" not in os.environ, reason="TICKTALK_CMSIS_NN is not set to a CMSIS-NN tree")
@pytest.mark.parametrize("board", BOARDS)
def test_calls_to_the_real_library_equal_the_simulator(tmp_path, board):
    file = tmp_path / "convolutions.tflite"
    file.write_bytes(small_convolutions(softmax=True))
    assert all(each.exact for each in beside(file, board, Path(os.environ["TICKTALK_CMSIS_NN"])))


def test_the_helium_kernels_of_cmsis_nn_receive_sums_of_the_weights():
    graph = read_graph(small_convolutions(softmax=True), "model")
    assert "sums_6[5]" in source_of(graph, "mve") and "sums" not in source_of(graph, "dsp")
    assert "arm_softmax_s8(" in source_of(graph, "dsp") and macs_of(graph) > 0


def test_models_without_calls_to_cmsis_nn_are_refused(tmp_path):
    graph = read_graph(small_network(), "model")
    with pytest.raises(BuildError, match="only for models with one input and one output"):
        source_of(graph, "dsp")
    draw = Draw(1)
    source, result = (draw.activation_tensor((1, 40), scale=0.1, zero_point=3) for _ in range(2))
    draw.model.operator("ABS", [source], [result])
    with pytest.raises(BuildError, match="not written for ABS"):
        source_of(read_graph(draw.finish([source], [result]), "model"), "dsp")
    file = tmp_path / "small.tflite"
    file.write_bytes(small_network())
    command = ["bench", "--board", "qemu-m4", "--model", file, "--against", "cmsis-nn"]
    assert_refused(ticktalk(*command, "--cmsis-nn-tree", tmp_path, cache=tmp_path), 6, "not a CMSIS-NN tree")
    with pytest.raises(BuildError, match=r"no \*cortex-m33\*/libcmsis-nn.a; build CMSIS-NN for the core"):
        cmsis_nn.libraries(STAND_IN, load_board("qemu-m33"))
