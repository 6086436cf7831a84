"""Build Arduino sketches as Arduino's tools do, run them, and compare their samples and outputs with the simulator's.

The library of TensorFlow Lite Micro is a stand-in that computes with ticktalk's C. docs/measurements/bench.md describes
the tests with the real library.
"""

import json
import re
import subprocess

import numpy as np
import pytest

from tests.operators._ring import ring
from tests.operators.draw import Draw
from tests.support import tflm
from tests.support.front import ticktalk
from tests.support.models import small_network
from tests.support.paths import SUPPORT, TINY
from tests.support.talker import talker
from ticktalk.firmware_gen import tflm_layout
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.tflm_sketch import export_sketch
from ticktalk.runtime_sim.examples import examples_of
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.simulator import Simulator
from ticktalk.runtime_sim.speech import speak_text

pytest.importorskip("tflite_micro")

SDKS = SUPPORT / "sdks"
# Arduino's mbed cores compile C++ as gnu++14, and Espressif's as gnu++2b.
CORES = {"mbed": ["-std=gnu++14"], "esp32": ["-std=gnu++2b", "-DARDUINO_ARCH_ESP32"]}


@pytest.fixture(scope="module")
def speak(tmp_path_factory):
    return export_sketch(talker(), tmp_path_factory.mktemp("voice") / "speak")


@pytest.fixture(scope="module")
def classify(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    (folder / "small.tflite").write_bytes(small_network())
    return export_sketch(folder / "small.tflite", folder / "classify", name="net")


def built(sketch, graphs: dict, build, core: str):
    """Build a sketch and the library with a main program that calls setup() and then loop() forever. Return the
    program."""
    tflm.graphs_in_c(build, graphs)
    (build / "sketch.cpp").write_text(
        f'#include <Arduino.h>\n#line 1 "{sketch.name}.ino"\n{(sketch / f"{sketch.name}.ino").read_text()}\n'
        "int main() { setup(); for (;;) loop(); }\n"
    )
    arduino = ["-DARDUINO=10819", "-isystem", SDKS / "arduino", "-isystem", SDKS / "arduino_tflm"]
    library = [option for path in tflm.INCLUDES for option in ("-isystem", path.removeprefix("-I"))]
    flags = ["-Os", "-Wall", "-Wextra", "-Werror", f"-I{build}", *arduino, *library, "-c"]
    c = [*(sketch / "src").glob("*.c"), *build.glob("*.c")]
    subprocess.run(["gcc", "-std=gnu17", *flags, *c], cwd=build, check=True)
    cpp = [*(sketch / "src").glob("*.cpp"), build / "sketch.cpp"]
    subprocess.run(["g++", *CORES[core], "-fno-rtti", f"-I{sketch}", *flags, *cpp], cwd=build, check=True)
    archive = tflm.library(build / "library", static=())
    subprocess.run(["g++", *build.glob("*.o"), archive, "-o", build / "program"], check=True)
    return build / "program"


@pytest.mark.parametrize("core", CORES)
def test_the_sketch_of_a_voice_speaks(speak, tmp_path, core):
    voice = talker()
    graphs = {f"voice_{part}": graph for part, graph in voice.graphs.items()}
    done = subprocess.run([built(speak, graphs, tmp_path, core)], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert (
        np.frombuffer(done.stdout, "<i2") == np.concatenate(list(speak_text(voice, examples_of(voice).short)))
    ).all()


def test_the_sketch_of_a_model_answers(classify, tmp_path):
    graph = load_graph(small_network(), "small")
    given = np.random.default_rng(2).integers(-128, 128, (3, *graph.tensors[graph.inputs[0]].shape), np.int8)
    program = built(classify, {"net": graph}, tmp_path, "mbed")
    done = subprocess.run([program], input=given.tobytes(), capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    answers = [Simulator(graph).run([each]) for each in given]
    expected = b"".join(answer[index].tobytes() for answer in answers for index in graph.outputs)
    assert done.stdout == expected and len(expected) == 3 * (5 + 24)


def test_the_sketch_of_a_model_with_variables_keeps_them(tmp_path):
    data = ring(Draw(3))
    (tmp_path / "ring.tflite").write_bytes(data)
    graph = load_graph(data)
    source = graph.tensors[graph.inputs[0]]
    steps = [Draw(seed).values(source.shape, source.dtype) for seed in range(12)]
    program = built(export_sketch(tmp_path / "ring.tflite", tmp_path / "keep"), {"model": graph}, tmp_path, "mbed")
    done = subprocess.run([program], input=b"".join(map(np.ndarray.tobytes, steps)), capture_output=True, timeout=60)
    simulator = Simulator(graph)
    assert done.returncode == 0, done.stderr
    assert done.stdout == b"".join(simulator.step([each])[graph.outputs[0]].tobytes() for each in steps)


def test_the_sketches_follow_the_rules_of_arduino_lint(speak, classify):
    """Checks the rules SS001 to SS004, and the names of the source files that Arduino's tools compile."""
    for folder in (speak, classify):
        assert [path.name for path in folder.glob("*.ino")] == [f"{folder.name}.ino"]
        for path in folder.rglob("*"):
            if path.suffix in (".ino", ".c", ".cpp", ".h"):
                assert re.fullmatch(r"[A-Za-z0-9_][\w.-]{0,62}", path.name, re.ASCII)
        assert not list(folder.rglob("*.pde")) and not list(folder.rglob("*.cc"))
        assert "#include <Chirale_TensorFlowLite.h>" in (folder / f"{folder.name}.ino").read_text()


@pytest.mark.parametrize("name", ["two words", "-x", "é", "x" * 64, "ends."])
def test_a_folder_that_cannot_be_a_sketch_is_refused(name, tmp_path):
    with pytest.raises(BuildError, match="Arduino does not accept a sketch in a folder of this name; use at most 63"):
        export_sketch(TINY / "phoneme.tflite", tmp_path / name)
    assert not (tmp_path / name).exists()


def test_the_arena_has_room_for_cmsis_nn_and_the_report_names_the_form(speak):
    report = json.loads((speak / "report.json").read_text())
    assert report["runtime"] == "tflm" and report["package"] == "arduino"
    readme = (speak / "README.md").read_text()
    assert "**Untried on hardware.**" in readme
    total = 0
    for part, graph in talker().graphs.items():
        size = tflm_layout.measure_arena(talker().models[part], part) + tflm_layout.scratch_bytes(graph, "dsp")
        assert f"kArenaBytes = {size} " in (speak / "src" / f"voice_{part}.cpp").read_text()
        assert f" {size} |" in readme
        total += size
    assert report["arena_bytes"] == total


def test_an_operator_that_the_library_lacks_is_refused_by_name(tmp_path):
    draw = Draw(0)
    source, result = (draw.activation_tensor((1, 4), scale=0.5, zero_point=0) for _ in range(2))
    draw.model.operator("REVERSE_V2", [source, draw.model.integers([1])], [result], "ReverseV2Options")
    (tmp_path / "reverse.tflite").write_bytes(draw.finish([source], [result]))
    with pytest.raises(
        BuildError, match="model: Chirale_TensorFLowLite 2.0.0 lacks ReverseV2; use --board and your own"
    ):
        export_sketch(tmp_path / "reverse.tflite", tmp_path / "sketch")


@pytest.mark.parametrize(
    "options, message",
    [
        (
            ["--package", "zephyr"],
            "--runtime tflm does not support --package zephyr; use --package arduino, or omit --package",
        ),
        (["--package", "arduino", "--board", "qemu-m4"], "an Arduino sketch needs neither --board nor --core"),
        (["--package", "arduino", "--stereo"], "--stereo: allowed only with --library"),
    ],
)
def test_options_that_a_sketch_does_not_have_are_refused(options, message, tmp_path):
    done = ticktalk("export", "--runtime", "tflm", *options, "--voice", TINY, "-o", tmp_path / "s", cache=tmp_path)
    assert done.returncode == 2 and message in " ".join(done.stderr.split()) and not (tmp_path / "s").exists()


def test_the_command_writes_a_sketch(tmp_path):
    done = ticktalk(
        "export", "--runtime", "tflm", "--package", "arduino", "--model", TINY / "phoneme.tflite", "-o", tmp_path / "s",
        cache=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0 and (tmp_path / "s" / "s.ino").is_file(), done.stderr
