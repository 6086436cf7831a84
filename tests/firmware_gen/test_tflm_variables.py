"""Test projects that run models with variables with TensorFlow Lite Micro.

The interpreter is a stand-in that computes with ticktalk's C. docs/measurements/bench.md describes the tests with the
real tree.
"""

import re
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from tests.operators import svdf
from tests.operators._ring import ring
from tests.operators.draw import Draw
from tests.support import tflm
from tests.support.paths import TINY
from tests.support.talker import talker
from tests.support.tflite_builder import ModelBuilder
from ticktalk.boards.board import load_board
from ticktalk.firmware_gen import tflm_layout
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export import export_model
from ticktalk.firmware_gen.library import voice_library
from ticktalk.firmware_gen.project.report import read_report
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.graphs.variables import count_variables
from ticktalk.runtime_sim.simulator import Simulator

runtime = pytest.importorskip("tflite_micro").runtime

STEPS = 12
# Runs all steps two times. Before the first step of each turn, the model is reset, with its inputs already written.
MAIN = """#include "model.h"
#include <stdio.h>
#include <string.h>
static struct model model;
static int8_t steps[STEPS][INPUT];
int main()
{
    if (fread(steps, 1, sizeof steps, stdin) != sizeof steps)
        return 1;
    for (int turn = 0; turn < 2; turn++)
        for (int i = 0; i < STEPS; i++) {
            memcpy(model_input_0(&model), steps[i], INPUT);
            if (i == 0)
                model_reset(&model);
            model_invoke(&model);
            fwrite(model_output_0(&model), 1, OUTPUT, stdout);
        }
    return 0;
}
"""


def exported(data, tmp_path):
    (tmp_path / "m.tflite").write_bytes(data)
    return export_model(tmp_path / "m.tflite", load_board("qemu-m4"), tmp_path / "p", runtime="tflm")


def added(folder) -> list[str]:
    """Return the operators of the resolver."""
    return re.findall(r"resolver\.Add(\w+)\(\)", (folder / "src" / "model.cc").read_text())


@pytest.mark.parametrize("make", [ring, svdf.case], ids=["variable", "svdf"])
@pytest.mark.parametrize("seed", range(3))
def test_each_step_and_a_reset_equal_the_simulator(seed, make, tmp_path):
    draw = Draw(seed)
    data = make(draw)
    folder, graph = exported(data, tmp_path), load_graph(data)
    source, result = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
    steps = [draw.values(source.shape, source.dtype) for _ in range(STEPS)]
    build = tmp_path / "build"
    build.mkdir()
    tflm.graphs_in_c(build, {"model": graph})
    (build / "main.cc").write_text(MAIN)
    src = folder / "src"
    subprocess.run(["gcc", "-O1", f"-I{tflm.STAND_IN}", "-c", *build.glob("*.c")], cwd=build, check=True)
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-fno-rtti", "-fno-exceptions", "-DTF_LITE_STATIC_MEMORY"]
    sizes = [f"-DSTEPS={STEPS}", f"-DINPUT={source.nbytes}", f"-DOUTPUT={result.nbytes}"]
    system = [option for path in tflm.INCLUDES for option in ("-isystem", path.removeprefix("-I"))]
    code = [build / "main.cc", src / "model.cc", src / "model_model_data.cc", *build.glob("*.o")]
    library = tflm.library(build / "library")
    subprocess.run(["g++", *flags, *sizes, *system, f"-I{src}", *code, library, "-o", build / "program"], check=True)
    given = b"".join(map(np.ndarray.tobytes, steps))
    found = subprocess.run([build / "program"], input=given, capture_output=True, check=True, timeout=60).stdout
    simulator = Simulator(graph)
    assert found == b"".join(simulator.step([each])[graph.outputs[0]].tobytes() for each in steps) * 2


def two_variables(initial=None, outside: bool = False) -> bytes:
    """Return a model that adds one variable to its input and keeps the sum in another. If `outside` is true, the model
    has an operator that only TFLite Micro supports."""
    model = ModelBuilder()
    first = model.variable("first", (1, 4), "int8", 0.5, 0, [1, 2, 3, 4])
    second = model.variable("second", (1, 4), "int8", 0.5, 0, initial)
    source, old, kept, total, result = (model.tensor((1, 4), "int8", 0.5) for _ in range(5))
    model.operator("READ_VARIABLE", [first], [old])
    model.operator("ADD", [source, old], [total], "AddOptions")
    model.operator("ASSIGN_VARIABLE", [second, total], [])
    model.operator("READ_VARIABLE", [second], [kept])
    if outside:
        real, wave = (model.tensor((1, 4), "float32") for _ in range(2))
        model.operator("DEQUANTIZE", [kept], [real])
        model.operator("SIN", [real], [wave])
        model.operator("QUANTIZE", [wave], [result])
    return model.build([source], [result if outside else kept])


@pytest.mark.parametrize("outside", [False, True])
def test_variables_are_counted_by_name_and_have_room_in_the_arena(tmp_path, outside):
    data = two_variables([5, 6, 7, 8], outside)
    folder = exported(data, tmp_path)
    assert count_variables(data) == 2  # each has a handle in both subgraphs
    size = tflm_layout.measure_arena(data, "m")
    runtime.Interpreter.from_bytes(data, arena_size=size)
    with pytest.raises(RuntimeError):
        runtime.Interpreter.from_bytes(data, arena_size=size - 16)
    room = tflm_layout.scratch_bytes(tflm_layout.any_graph(data, "m"), "dsp")
    source = (folder / "src" / "model.cc").read_text()
    assert f"kArenaBytes = {size + room} +" in source and "MicroResourceVariables::Create(allocator, 2);" in source
    assert read_report(folder)["arena_bytes"] == size + room + 4  # a reset keeps the four bytes of the input
    assert sorted(added(folder)) == sorted(
        ["Add", "AssignVariable", "CallOnce", "ReadVariable", "VarHandle"] + outside * ["Dequantize", "Quantize", "Sin"]
    )
    assert "model_reset(&model);" in (folder / "src" / "model_io.c").read_text()


def test_an_operator_that_only_the_initialisation_uses_is_registered(tmp_path):
    model = ModelBuilder()
    handle = model.variable("v", (1, 4), "int8", 0.5, 0, [1, 2, 3, 4])
    source, old, total = (model.tensor((1, 4), "int8", 0.5) for _ in range(3))
    model.operator("READ_VARIABLE", [handle], [old])
    model.operator("ADD", [source, old], [total], "AddOptions")
    folder = exported(model.build([source], [total]), tmp_path)
    assert sorted(added(folder)) == ["Add", "AssignVariable", "CallOnce", "ReadVariable", "VarHandle"]


def test_other_models_have_no_reset(tmp_path):
    folder = exported((TINY / "phoneme.tflite").read_bytes(), tmp_path)
    code = "".join((folder / "src" / name).read_text() for name in ("model.cc", "model.h", "model_io.c"))
    assert not re.search("reset|invoked|variable", code, re.IGNORECASE)


def test_a_voice_has_no_variables():
    voice = talker()
    frame = voice.graphs["frame"]
    graphs = voice.graphs | {"frame": replace(frame, variables={0: np.zeros(1, np.int8)})}
    with pytest.raises(BuildError, match="has variables, which are not supported in a voice"):
        voice_library(replace(voice, graphs=graphs), "dsp", "voice", "tflm")
