"""Test the choice of compiler: clang builds the complete firmware, and `bench` compares gcc with clang.

A missing compiler is reported.
"""

import importlib.util
import shutil
from dataclasses import replace

import pytest

from tests.support.front import ticktalk
from tests.support.models import small_network
from tests.support.paths import TINY
from ticktalk.bench.compilers import better, verdict
from ticktalk.bench.measure import Measurement, measure
from ticktalk.boards.board import load_board
from ticktalk.firmware_gen.errors import BuildError, MissingToolError
from ticktalk.firmware_gen.export import export_voice
from ticktalk.firmware_gen.project import build as builder
from ticktalk.firmware_gen.project.build import build
from ticktalk.firmware_gen.project.report import read_report
from ticktalk.proof.subject import ModelSubject
from ticktalk.runtime_sim.voice import load_voice

clang = pytest.mark.skipif(not importlib.util.find_spec("ziglang") and not shutil.which("zig"), reason="needs ziglang")


@clang
@pytest.mark.parametrize("board", ["qemu-m4", pytest.param("qemu-m33", marks=pytest.mark.long), "qemu-m55"])
def test_clang_builds_a_voice(board, tmp_path):
    project = export_voice(load_voice(TINY), load_board(board), tmp_path / "voice", compiler="clang")
    elf = build(project)
    report = read_report(project)
    assert (
        report["compiler"] == "clang"
        and report["measured"]
        and elf.with_suffix(".bin").stat().st_size == report["flash_bytes"]
    )
    assert build(project, compiler="gcc").is_file()  # gcc now builds in the same folder
    assert "TICKTALK_COMPILER:STRING=gcc" in (elf.parent / "CMakeCache.txt").read_text()


@clang
def test_its_code_computes_the_same(tmp_path):
    file = tmp_path / "small.tflite"
    file.write_bytes(small_network())
    found = measure(ModelSubject(file), load_board("qemu-m55"), compiler="clang")
    assert found.exact and found.implementation == "ticktalk, clang" and found.instructions > 0


def test_fewer_instructions_are_better():
    first = Measurement("ticktalk", instructions=1000, flash={"code": 500})
    second = replace(first, instructions=900, flash={"code": 600})
    assert better({"gcc": first, "clang": second}) == "clang"
    assert verdict({"gcc": first, "clang": second}).startswith(
        "clang generates better code here: 10.0 % fewer instructions, 100 bytes more code"
    )
    assert better({"gcc": first, "clang": replace(second, instructions=1000)}) == "gcc"


def test_what_is_missing_is_told(monkeypatch):
    monkeypatch.setattr(builder.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(builder.shutil, "which", lambda name, path=None: None)
    with pytest.raises(MissingToolError, match="clang is not installed: pip install ziglang"):
        builder.clang_options()
    with pytest.raises(BuildError, match="unknown compiler 'icc'; choose gcc or clang"):
        builder.checked_compiler("icc")


def test_command_lines_are_refused(tmp_path):
    for words, told in (
        (("export", "-o", tmp_path / "p", "--compiler", "icc"), "unknown compiler 'icc'"),
        (("export", "-o", tmp_path / "p", "--compiler", "clang", "--runtime", "tflm"), "requires --compiler gcc"),
        (("bench", "--compiler", "icc"), "--compiler accepts gcc, clang or both"),
    ):
        done = ticktalk(*words, "--board", "qemu-m4", cache=tmp_path)
        assert done.returncode == 2 and told in " ".join(done.stderr.replace("│", "").split()), done.stderr
