"""Test the TensorFlow Lite Micro project layout.

The projects link with a stand-in for TFLM's tree. docs/measurements/bench.md describes the tests with the real tree.
"""

import re
import subprocess
from dataclasses import replace

import pytest

from tests.firmware_gen.test_export import needs
from tests.support import tflm
from tests.support.paths import TINY
from tests.support.speakers import with_speakers
from tests.support.talker import talker
from tests.support.tflite_builder import ModelBuilder
from ticktalk.boards.board import load_board
from ticktalk.bundled import voice_folder
from ticktalk.firmware_gen import tflm_layout
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export import export_model, export_voice
from ticktalk.firmware_gen.project.report import read_report
from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.voice import load_voice

runtime = pytest.importorskip("tflite_micro").runtime


@pytest.fixture
def exported(tmp_path):
    return export_voice(with_speakers(talker()), load_board("qemu-m4"), tmp_path / "p", runtime="tflm")


def test_the_resolver_has_each_operator_once(exported):
    source = (exported / "src" / "voice_frame.cc").read_text()
    assert re.findall(r"resolver\.Add(\w+)\(\)", source) == ["Conv2D", "DepthwiseConv2D", "StridedSlice", "Add", "Tanh"]
    assert "MicroMutableOpResolver<5>" in source


def test_the_flatbuffer_is_in_the_array_byte_by_byte(exported):
    source = (exported / "src" / "voice_phoneme_model_data.cc").read_text()
    assert source.count("alignas(16) const unsigned char voice_phoneme_model_data[") == 1
    numbers = re.search(r"= \{(.*)\};", source, re.S)[1]
    assert bytes(map(int, numbers.replace("\n", "").rstrip(",").split(","))) == (TINY / "phoneme.tflite").read_bytes()


def test_the_arena_is_the_smallest_that_tflm_accepts_with_room_for_cmsis_nn(exported, tmp_path):
    data = (TINY / "phoneme.tflite").read_bytes()
    size = tflm_layout.measure_arena(data, "phoneme")
    runtime.Interpreter.from_bytes(data, arena_size=size)
    with pytest.raises(RuntimeError):
        runtime.Interpreter.from_bytes(data, arena_size=size - 16)
    graph = load_graph(TINY / "phoneme.tflite")
    room = {isa: tflm_layout.scratch_bytes(graph, isa) for isa in ("portable", "dsp", "mve")}
    assert f"kArenaBytes = {size + room['dsp']} + " in (exported / "src" / "voice_phoneme.cc").read_text()
    # The model has a 12-channel 1x3 convolution and a 16-channel 1x5 convolution. Each convolution is counted
    # separately. With Helium, CMSIS-NN processes 124 channels at a time.
    assert room == {"portable": 0, "dsp": 2 * 5 * 16 + 16, "mve": 4 * 5 * 124 + 16}


@needs["cmake"]
@pytest.mark.parametrize("release", [False, True], ids=["default", "release"])
def test_it_builds_and_links_with_a_tree(exported, tmp_path, release):
    """Without a TFLM tree, a one-line error lists the required options.

    With the stand-in headers, all sources compile without warnings and the program runs.
    """

    def cmake(*options):
        return subprocess.run(
            ["cmake", "-S", exported, "-B", tmp_path / "build", "-DTICKTALK_HOST=ON", *options],
            capture_output=True,
            text=True,
        )

    refused = cmake()
    assert refused.returncode != 0 and "-DTFLM_DIR=<tflite-micro tree>" in refused.stderr
    library = tflm.library(tmp_path / "library", release=release)
    assert cmake(f"-DTFLM_DIR={tflm.STAND_IN}", f"-DTFLM_LIBRARY={library}").returncode == 0
    built = subprocess.run(["cmake", "--build", tmp_path / "build"], capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    spoken = subprocess.run([tmp_path / "build" / "speak", "1", "0", "1", "0"], capture_output=True, timeout=60)
    assert spoken.returncode == 0 and len(spoken.stdout) > 0 and len(spoken.stdout) % 400 == 0
    read = subprocess.run([tmp_path / "build" / "speak", "-t", "1"], input=b"7:30.", capture_output=True, timeout=60)
    assert read.returncode == 0 and len(read.stdout) > len(spoken.stdout)


@needs["arm-none-eabi-gcc"]
def test_nothing_of_the_cpp_run_time_library_is_needed(exported, tmp_path):
    """Firmware is linked without the files that define __dso_handle and register destructors."""
    flags = ["-mcpu=cortex-m4", "-mthumb", "-Os", "-std=c++17", "-fno-exceptions", "-fno-rtti"]
    for graph in ("phoneme", "frame"):
        made = tmp_path / f"{graph}.o"
        command = ["arm-none-eabi-g++", *flags, "-fno-threadsafe-statics", "-DTF_LITE_STATIC_MEMORY", *tflm.INCLUDES]
        command.append(f"-I{exported / 'src'}")
        subprocess.run([*command, "-c", exported / "src" / f"voice_{graph}.cc", "-o", made], check=True)
        listing = subprocess.run(
            ["arm-none-eabi-nm", "--undefined-only", made], capture_output=True, text=True, check=True
        )
        wanted = {line.split()[-1] for line in listing.stdout.splitlines()}
        assert not [name for name in wanted if re.search("dso_handle|atexit|guard|_Zdl|_Znw", name)], wanted


def test_a_model_has_the_layout_too(tmp_path):
    folder = export_model(TINY / "phoneme.tflite", load_board("qemu-m55"), tmp_path / "p", runtime="tflm")
    names = {path.name for path in (folder / "src").iterdir()}
    assert {"model.cc", "model.h", "model_model_data.cc", "model_io.c", "device"} <= names and "model.c" not in names
    assert "TARGET_ARCH=cortex-m55" in (folder / "README.md").read_text()
    assert "-mfloat-abi=hard" in (folder / "arm-none-eabi.cmake").read_text()


def made_of(*operators: tuple[str, str]) -> bytes:
    """Return a model of operators, each with the type of its output."""
    model = ModelBuilder()
    first = last = model.tensor((1, 8), "int8", 0.05, 0)
    for name, dtype in operators:
        last, source = model.tensor((1, 8), dtype, *([0.05, 0] if dtype == "int8" else [])), last
        model.operator(name, [source], [last])
    return model.build([first], [last])


@pytest.mark.parametrize("operators", [
    [("DEQUANTIZE", "float32"), ("SIN", "float32"), ("QUANTIZE", "int8")],  # not in ticktalk
    [("DEQUANTIZE", "float32"), ("EXP", "float32")],
])  # fmt: skip
def test_a_model_that_only_tflm_runs(tmp_path, operators):
    (tmp_path / "m.tflite").write_bytes(made_of(*operators))
    with pytest.raises(ModelError, match="obstacle|not supported"):
        export_model(tmp_path / "m.tflite", load_board("qemu-m4"), tmp_path / "p")
    folder = export_model(tmp_path / "m.tflite", load_board("qemu-m4"), tmp_path / "p", runtime="tflm")
    names = re.findall(r"resolver\.Add(\w+)\(\)", (folder / "src" / "model.cc").read_text())
    assert names == [name.capitalize() for name, _ in operators]
    assert read_report(folder)["graphs"] == {"model": {"operators": [], "symbol": "model"}}


def test_a_model_that_only_tflms_kernels_support(tmp_path, monkeypatch):
    """The compiler refuses what the simulator computes."""

    def refused(*_, **__):
        raise BuildError("too many values")

    monkeypatch.setattr(tflm_layout, "compile_graph", refused)
    folder = export_model(TINY / "phoneme.tflite", load_board("qemu-m4"), tmp_path / "p", runtime="tflm")
    assert read_report(folder)["graphs"]["model"]["operators"] == []


@pytest.mark.parametrize("data, message", [
    (b"TFL3TFL3TFL3", "not a valid .tflite file"),
    (b"", "it lacks the identifier TFL3"),
    (made_of(("CEIL", "int8")), "TFLite Micro refuses it"),
])  # fmt: skip
def test_a_model_that_tflm_does_not_run_either(tmp_path, data, message):
    (tmp_path / "m.tflite").write_bytes(data)
    with pytest.raises(ModelError, match=message):
        export_model(tmp_path / "m.tflite", load_board("qemu-m4"), tmp_path / "p", runtime="tflm")


def test_what_cannot_be(tmp_path):
    with pytest.raises(BuildError, match="unknown runtime 'tensorrt'; choose ticktalk or tflm"):
        export_model(TINY / "phoneme.tflite", load_board("qemu-m4"), tmp_path / "p", runtime="tensorrt")
    with pytest.raises(ModelError, match="net: TFLite Micro refuses it: its tensors do not fit in 2048 bytes"):
        tflm_layout.measure_arena((TINY / "frame.tflite").read_bytes(), "net", 2048)


def test_a_pack_that_fits_only_beside_ticktalks_own_code_is_left_out(tmp_path):
    """TensorFlow Lite Micro's code takes about 100 kB more flash than ticktalk's code."""
    voice, board = load_voice(voice_folder("heart")), load_board("qemu-m4")
    reports = {
        runtime: read_report(export_voice(voice, board, tmp_path / runtime, runtime=runtime))
        for runtime in ("ticktalk", "tflm")
    }
    assert reports["ticktalk"]["text"]["pack"] == "en-us" and reports["tflm"]["text"] is None
    assert reports["tflm"]["no_text"].startswith("not enough flash on qemu-m4: with pack 'en-us', about ")


def test_a_core_that_tflm_has_no_target_for_is_refused_by_name(tmp_path):
    with pytest.raises(BuildError, match=r"^runtime 'tflm' does not support core xtensa-lx7; it supports cortex-m3, "):
        export_model(TINY / "phoneme.tflite", load_board("t-watch-s3"), tmp_path / "project", runtime="tflm")
    assert not (tmp_path / "project").exists()


def test_operator_names():
    assert tflm_layout.operator_names(load_graph(TINY / "phoneme.tflite")) == [
        "Conv2D",
        "DepthwiseConv2D",
        "StridedSlice",
        "Add",
    ]


@pytest.mark.parametrize(
    "operator, name",
    [
        ("BATCH_MATMUL", "BatchMatMul"),
        ("CUMSUM", "CumSum"),
        ("PADV2", "PadV2"),
        ("SIGNAL_PCAN", "PCAN"),
        ("SIGNAL_WINDOW", "Window"),
    ],
)
def test_the_names_that_tflm_spells_in_its_own_way(operator, name):
    graph = load_graph(TINY / "phoneme.tflite")
    one = replace(graph, operators=[replace(graph.operators[0], name=operator)])
    assert tflm_layout.operator_names(one) == [name]
