"""Test `ticktalk bench`: instruction counts, instruction classes, cycle estimates and the command.

The counts are compared with the board's own counter.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest

from tests.operators.draw import Draw
from tests.support.front import assert_refused, ticktalk
from tests.support.models import small_network
from tests.support.paths import TINY
from tests.support.tflm import STAND_IN, library
from ticktalk.bench import others, sizes, symbols, tflm
from ticktalk.bench.classes import class_of
from ticktalk.bench.cycles import cycles_of_block, refill_of_block
from ticktalk.bench.measure import Measurement, measure
from ticktalk.bench.pictures import living
from ticktalk.bench.symbols import Instruction
from ticktalk.boards.board import load_board
from ticktalk.firmware_gen.errors import BuildError, MissingToolError
from ticktalk.firmware_gen.graph.model import compile_graph
from ticktalk.firmware_gen.project.build import build
from ticktalk.proof.subject import ModelSubject, VoiceSubject
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.voice import load_voice

TICK = 16  # tolerance in instructions, because the counter counts ticks


@pytest.mark.parametrize("board", ["qemu-m4", "qemu-m55"])
def test_operators_add_up_to_what_the_board_counts(tmp_path, board):
    file = tmp_path / "small.tflite"
    file.write_bytes(small_network())
    found = measure(ModelSubject(file), load_board(board))
    assert found.exact and found.ram["stack"] > 0 and min(found.flash.values()) > 0
    assert found.ram["arena"] > 0 and found.ram["buffers"] == 0
    counted = sum(each["instructions"] for each in found.operators) + sum(found.outside.values())
    assert abs(counted - found.instructions) <= TICK
    assert sum(found.classes.values()) == counted - found.outside["trace hook"] and "other" not in found.classes
    assert [each["name"] for each in found.operators][:3] == ["CONV_2D", "DEPTHWISE_CONV_2D", "ADD"]
    assert found.operators[0]["macs"] == 6 * 8 * 4 * 3 * 3 * 4 and all(
        each["instructions"] > 0 for each in found.operators
    )
    assert found.cycles > found.instructions and found.cycles_table


def test_a_voice_every_invocation_is_seen():
    found = measure(VoiceSubject(load_voice(TINY), "Hello. And again."), load_board("qemu-m33"))
    counted = sum(each["instructions"] for each in found.operators) + sum(found.outside.values())
    parts = 2
    assert min(found.ram.values()) >= 0
    assert found.exact and abs(counted - found.instructions) <= found.instructions // 10**4 + parts * TICK
    assert {"voice_vocoder.c", "voice.c"} < set(found.outside)
    assert sum(found.outside.get(f"voice_{name}.c", 0) for name in ("frame", "phoneme")) < 1000  # only their resets
    assert found.seconds > 0.5 and found.macs > 10**5


def test_sizes_are_those_of_the_image(tmp_path):
    board = load_board("qemu-m4")
    file = tmp_path / "small.tflite"
    file.write_bytes(small_network())
    project = ModelSubject(file).export(board, tmp_path / "project")
    elf = build(project, "arm")
    found = sizes.split(elf.with_name("firmware.map"), board)
    report = json.loads((project / "report.json").read_text())
    gaps = 256 + 2 * board.page_size  # alignment gaps, and separate pages for read-only data
    assert 0 <= report["flash_bytes"] - sum(found["flash"].values()) < gaps
    assert 0 <= report["ram_bytes"] - report["stack_bytes"] - sum(found["ram"].values()) < 64
    facts = report["graphs"]["model"]
    assert found["ram"]["buffers"] == report["arena_bytes"]  # a graph without line buffers has only its arena
    assert (found["flash"]["weights"], found["flash"]["biases"]) == (facts["weight_bytes"], facts["bias_bytes"])


def test_the_models_own_numbers():
    """The dense layer has 8 x 40 weights, 8 biases and a single scale. Only the .tflite file stores the scale."""
    facts = compile_graph(load_graph(dense_model(1), "dense"), "dense", isa="dsp").facts
    assert (facts["weight_bytes"], facts["bias_bytes"], facts["table_bytes"], facts["model_bytes"]) == (
        320,
        32,
        0,
        320 + 32 + 4,
    )


def test_what_lives_together_does_not_overlap_but_in_place(tmp_path):
    """Every rectangle in the plot lies within the arena.

    Two rectangles may overlap only if one is a view of the other or computed in place.
    """
    graph = load_graph(small_network(), "small")
    found = living(graph, "dsp")
    size = compile_graph(graph, "small", isa="dsp").facts["arena_bytes"]
    assert {name for name, *_ in found} > {"first"} and max(offset + bytes for *_, offset, bytes in found) <= size
    for a, (_, first, last, offset, bytes) in enumerate(found):
        for _, other_first, other_last, other_offset, other_bytes in found[:a]:
            if offset < other_offset + other_bytes and other_offset < offset + bytes:
                assert last <= other_first or other_last <= first or offset == other_offset


def test_classes_of_what_inner_loops_are_made_of():
    expected = {
        "ldr": "load",
        "ldmia": "load",
        "strb": "store",
        "smlad": "multiply",
        "smlabb": "multiply",
        "mla": "multiply",
        "smmlar": "multiply",
        "sxtb16": "unpack",
        "uxth": "unpack",
        "ssat": "saturate",
        "adds": "arithmetic",
        "subeq": "arithmetic",
        "lsls": "arithmetic",
        "bls": "branch",
        "blt": "branch",
        "cbz": "branch",
        "itt": "branch",
        "le": "branch",
        "vmladava.s8": "vector",
        "vldrb.8": "vector",
        "bic": "arithmetic",
        "nop": "other",
        "dsb": "other",
    }
    assert {mnemonic: class_of(mnemonic) for mnemonic in expected} == expected


def test_a_listing_with_what_the_disassembler_does_not_know(monkeypatch):
    listing = (
        " 1005352:\t9c00      \tldr\tr4, [sp, #0]\n 1005354:\teb4a 73e4 \tadc.w\tr3, sl, r4, asr #31\n"
        " 1005358:\tea52 e32d \t\t\t@ <UNDEFINED> instruction: 0xea52e32d\n 100535c:\tbf00      \tnop\n"
    )
    monkeypatch.setattr(symbols, "_output", lambda command: listing)
    assert {at: each.mnemonic for at, each in symbols.instructions("any.elf", "cortex-m55").items()} == {
        0x1005352: "ldr",
        0x1005354: "adc",
        0x1005358: "",
        0x100535C: "nop",
    }
    assert class_of("") == "other"


def test_cycles_by_the_table():
    def cycles(*lines):
        return cycles_of_block([Instruction(*line.split(" ", 1)) for line in lines])

    assert cycles("ldr r0, [r1]", "ldr r2, [r1, #4]", "smlad r3, r0, r2, r3") == 2 + 1 + 1
    assert cycles("smlad r3, r0, r2, r3", "ldr r0, [r1]") == 1 + 2
    assert cycles("ldmia r0!, {r1, r2, r4-r7}", "ldrd r0, r1, [r2]", "str r0, [r1]") == 7 + 3 + 1
    assert cycles("sdiv r0, r1, r2", "push {r4, lr}") == 12 + 3


def test_cycles_of_cores_that_overlap():
    def cycles(*lines):
        block = [Instruction(*line.split(" ", 1)) for line in lines]
        return cycles_of_block(block, "cortex-m55") + refill_of_block(block)

    used_at_once, used_later = ("ldr r0, [r1]", "adds r2, r0, #1", "nop "), ("ldr r0, [r1]", "adds r2, r3, #1", "nop ")
    assert (cycles(*used_at_once), cycles(*used_later)) == (2 + 1 + 1 + 2, 1 + 1 + 1 + 2)
    assert (
        cycles(
            "vldrb.u8 q0, [r0], #16",
            "vmladava.s8 r4, q0, q1",
            "vldrb.u8 q1, [r1], #16",
            "vldrb.u8 q2, [r2]",
            "letp lr, 0",
        )
        == 1 + 1 + 2 + 2 + 1
    )
    assert cycles("vmladava.s8 r4, q0, q1", "vmladava.s8 r6, q0, q2", "b 0") == 2 + 1 + 1 + 2


def test_the_command(tmp_path):
    file = tmp_path / "small.tflite"
    file.write_bytes(small_network())
    done = ticktalk("bench", "--board", "qemu-m4", "--model", file, "--pictures", tmp_path / "drawn", cache=tmp_path)
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == ["arena-model.png", "operators.png"]
    assert done.returncode == 0, done.stderr
    assert (
        "estimated cycles" in done.stdout and "0 CONV_2D" in done.stdout and "Technical Reference Manual" in done.stdout
    )
    assert (
        ticktalk("bench", "--board", "qemu-m4", "--model", file, "--against", "nobody", cache=tmp_path).returncode == 2
    )
    assert_refused(
        ticktalk("bench", "--board", "qemu-m4", "--model", tmp_path / "none.tflite", cache=tmp_path), 4, "none.tflite"
    )


def dense_model(version: int) -> bytes:
    """Return a .tflite file with a dense layer whose operator has this version; bakenn requires version 4."""
    draw = Draw(1)
    draw.model.versions["FULLY_CONNECTED"] = version
    source = draw.activation_tensor((1, 40), scale=0.1, zero_point=3)
    weights = draw.model.tensor((8, 40), "int8", 0.01, data=draw.rng.integers(-127, 128, (8, 40)))
    bias = draw.model.tensor((8,), "int32", 0.001, data=draw.rng.integers(-900, 900, 8))
    result = draw.activation_tensor((1, 8), scale=0.05, zero_point=-7)
    draw.model.operator("FULLY_CONNECTED", [source, weights, bias], [result], "FullyConnectedOptions")
    return draw.finish([source], [result])


def test_bakenn_beside(tmp_path):
    pytest.importorskip("bakenn")
    file = tmp_path / "dense.tflite"
    for version, refused in ((4, False), (1, True)):
        file.write_bytes(dense_model(version))
        found = others.measure(
            "bakenn",
            ModelSubject(file),
            load_board("qemu-m4"),
            Measurement("ticktalk", macs=320),
            lambda line: None,
            {},
        )
        assert [each.implementation for each in found] == ["bakenn portable", "bakenn CMSIS-NN"]
        for each in found:
            assert bool(each.refused) == refused
            if not refused:
                assert each.exact and each.flash["weights"] in (320, 640) and each.cycles > each.instructions
                assert abs(sum(each.classes.values()) - each.instructions) <= TICK


def test_bakenn_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "bakenn", None)
    file = tmp_path / "dense.tflite"
    file.write_bytes(dense_model(4))
    with pytest.raises(MissingToolError, match=r"bakenn is not installed: pip install "):
        others.measure(
            "bakenn",
            ModelSubject(file),
            load_board("qemu-m4"),
            Measurement("ticktalk", macs=320),
            lambda line: None,
            {},
        )


def has_arm_cxx() -> bool:
    """Return whether a C++ standard library for Arm is installed, which TFLM requires."""
    if not which("arm-none-eabi-g++"):
        return False
    found = subprocess.run(
        ["arm-none-eabi-g++", "-print-file-name=libstdc++.a"], capture_output=True, text=True
    ).stdout.strip()
    return Path(found).is_absolute()


def tflm_tree(tmp_path: Path, *kinds: str) -> Path:
    """Return a copy of the stand-in for TFLM's tree, with a library for a Cortex-M4 of each build type."""
    tree = shutil.copytree(STAND_IN, tmp_path / "tree")
    for kind in kinds:
        folder = tree / f"gen/cortex_m_generic_cortex-m4_{kind}_cmsis_nn_gcc/lib"
        library(folder, "arm-none-eabi-", ("-mcpu=cortex-m4", "-mthumb"), release=kind == "release")
    return tree


@pytest.mark.skipif(not has_arm_cxx(), reason="needs libstdc++-arm-none-eabi-newlib")
def test_tflm_beside(tmp_path):
    """With a stand-in for TFLM's tree, everything builds, links and runs.

    `bench` detects that the stand-in computes nothing.
    """
    pytest.importorskip("tflite_micro")
    tree = tflm_tree(tmp_path, "default")
    subject, ours = ModelSubject(TINY / "phoneme.tflite"), Measurement("ticktalk", macs=6400, model_bytes=1000)
    (found,) = others.measure("tflm", subject, load_board("qemu-m4"), ours, lambda line: None, {"tflm": tree})
    assert (found.implementation, found.exact, found.macs) == (
        "tflm cmsis_nn",
        False,
        6400,
    ) and 0 < found.instructions < 1000
    assert (
        found.flash["weights"] == 1000
        and found.flash["tables"] > len(subject.models[0]) - 1000
        and found.ram["arena"] > 1000
    )


@pytest.mark.skipif(not has_arm_cxx(), reason="needs libstdc++-arm-none-eabi-newlib")
def test_tflm_beside_a_voice(tmp_path):
    """Each library of a tree is measured under its own name. TFLM computes whole chunks, with context on both sides."""
    pytest.importorskip("tflite_micro")
    tree = tflm_tree(tmp_path, "default", "release")
    subject = VoiceSubject(load_voice(TINY), "ab.", pack="none")
    ours = Measurement("ticktalk", macs=1, model_bytes=2000)
    found = others.measure("tflm", subject, load_board("qemu-m4"), ours, lambda line: None, {"tflm": tree})
    assert [each.implementation for each in found] == ["tflm cmsis_nn", "tflm cmsis_nn-release"]
    once = [
        sum(operator["macs"] for operator in compile_graph(graph, "graph", number, "dsp", True).facts["operators"])
        for number, graph in subject.graphs.items()
    ]
    for each in found:
        assert each.seconds > 0 and each.first_sample > 0 and sum(each.outside.values()) > 0
        assert each.flash["weights"] == 2000 and each.ram["arena"] > 2000 and min(each.ram.values()) >= 0
        assert each.macs >= sum(once) and any((each.macs - once[0] * n) % once[1] == 0 for n in range(1, 9))
    assert found[0].flash["code"] > found[1].flash["code"]
    with pytest.raises(BuildError, match="^bakenn compiles only models$"):
        others.measure("bakenn", subject, load_board("qemu-m4"), ours, lambda line: None, {})


def test_libraries_of_a_tree_have_different_names(tmp_path):
    tree = shutil.copytree(STAND_IN, tmp_path / "tree")
    names = {
        "default_cmsis_nn_gcc": "cmsis_nn",
        "release_cmsis_nn_gcc": "cmsis_nn-release",
        "release_with_logs_cmsis_nn_gcc": "cmsis_nn-release_with_logs",
        "default_gcc": "reference",
        "release_gcc": "reference-release",
        "default_cmsis_nn_armclang": "cmsis_nn_armclang",
    }
    begin = "cortex_m_generic_cortex-m33_"
    for folder in names:
        path = tree / f"gen/{begin}{folder}/lib/libtensorflow-microlite.a"
        path.parent.mkdir(parents=True)
        path.touch()
    found = tflm.libraries(tree, load_board("qemu-m33"))
    assert {path.parent.parent.name.removeprefix(begin): name for name, path in found.items()} == names


def test_tflm_needs_its_tree(tmp_path):
    file = tmp_path / "small.tflite"
    file.write_bytes(small_network())
    command = ["bench", "--board", "qemu-m4", "--model", file, "--against", "tflm"]
    assert ticktalk(*command, cache=tmp_path).returncode == 2
    assert_refused(ticktalk(*command, "--tflm-tree", tmp_path, cache=tmp_path), 6, "not a tflite-micro tree")
    with pytest.raises(BuildError, match=r"no gen/cortex_m_generic_cortex-m33_.* TARGET_ARCH=cortex-m33 "):
        tflm.libraries(STAND_IN, load_board("qemu-m33"))
