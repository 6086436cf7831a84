"""Test the folder that `export` writes: it is reproducible, never half-written, and built without ticktalk."""

import filecmp
import json
import subprocess
from dataclasses import replace
from pathlib import Path
from time import process_time

import numpy as np
import pytest

from tests.firmware_gen.test_export import needs
from tests.support.paths import ROOT, TINY
from tests.support.speakers import with_speakers
from ticktalk.boards.board import load_board
from ticktalk.firmware_gen.errors import BuildError, MissingToolError
from ticktalk.firmware_gen.export import export_model, export_voice
from ticktalk.firmware_gen.project import folder as project
from ticktalk.firmware_gen.project.build import binary, build, sizes
from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.voice import load_voice
from ticktalk.system import folders


@pytest.fixture(scope="module")
def voice():
    return with_speakers(load_voice(TINY))


@pytest.mark.parametrize(
    ("board", "words", "absent"),
    [("pico", "Hold BOOTSEL", "imgtool"), ("feather-stm32f405", "connect B0 to 3.3V", "firmware.uf2")],
)
def test_the_readme_tells_how_to_flash_the_board(voice, tmp_path, board, words, absent):
    readme = (export_voice(voice, load_board(board), tmp_path / board) / "README.md").read_text()
    assert words in readme and absent not in readme
    assert ("firmware.uf2" if absent == "imgtool" else f"ticktalk flash --board {board} --image") in readme


def test_the_same_input_gives_the_same_bytes(voice, tmp_path):
    one, other = (export_voice(load_voice(TINY), load_board("qemu-m4"), tmp_path / name) for name in "ab")
    files = sorted(str(path.relative_to(one)) for path in one.rglob("*") if path.is_file())
    assert files == sorted(str(path.relative_to(other)) for path in other.rglob("*") if path.is_file())
    assert {"CMakeLists.txt", "README.md", "report.json", "firmware.ld", "src/voice.c", "src/device/startup.c"} <= set(
        files
    )
    assert filecmp.cmpfiles(one, other, files, shallow=False) == (files, [], [])
    text = "".join((one / name).read_text() for name in files)
    assert str(tmp_path) not in text and str(ROOT) not in text
    different = json.loads((export_voice(voice, load_board("qemu-m33"), tmp_path / "c") / "report.json").read_text())
    assert different["build"] != json.loads((one / "report.json").read_text())["build"]


@needs["cmake"]
@needs["arm-none-eabi-gcc"]
def test_an_unchanged_project_is_not_compiled_again_and_sizes_are_measured(voice, tmp_path):
    board = load_board("qemu-m4")
    elf = build(export_voice(voice, board, tmp_path / "p"))
    before = elf.stat().st_mtime_ns
    report = json.loads((tmp_path / "p" / "report.json").read_text())
    size = sizes(elf)
    assert report["measured"] and (report["flash_bytes"], report["ram_bytes"]) == (size["flash"], size["ram"])
    assert binary(elf).stat().st_size == size["flash"] > report["constant_bytes"]
    assert report["arena_bytes"] + size["stack"] < size["ram"] < board.ram.size
    assert build(export_voice(voice, board, tmp_path / "p")).stat().st_mtime_ns == before
    (tmp_path / "p" / "src" / "voice.c").write_text("#error changed\n")
    with pytest.raises(BuildError, match=r"voice\.c.*error.*changed"):
        build(tmp_path / "p")
    assert build(export_voice(voice, board, tmp_path / "p")).stat().st_mtime_ns > before


@needs["cmake"]
@needs["arm-none-eabi-gcc"]
def test_a_project_is_built_by_hand_as_its_readme_says_and_can_be_moved(tmp_path):
    folder = export_model(TINY / "phoneme.tflite", load_board("qemu-m4"), tmp_path / "p")
    for options, result in (((), "build/firmware.bin"), (("-DTICKTALK_HOST=ON",), "build-host/run")):
        where = folder / Path(result).parent
        subprocess.run(
            ["cmake", "-S", folder, "-B", where, "-G", "Unix Makefiles", *options], check=True, capture_output=True
        )
        subprocess.run(["cmake", "--build", where], check=True, capture_output=True)
        assert (folder / result).is_file()
    moved = folder.rename(tmp_path / "q")
    assert build(moved) == moved / "build" / "firmware.elf"


def test_a_folder_that_is_not_ours_stays(voice, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(BuildError, match="mine: exists, but is not a project"):
        export_voice(voice, load_board("qemu-m4"), tmp_path / "mine")
    assert [p.name for p in tmp_path.iterdir()] == ["mine"] and (
        tmp_path / "mine" / "thesis.txt"
    ).read_text() == "years of work"


def test_a_write_that_fails_leaves_the_old_project(tmp_path, monkeypatch):
    project.write({"report.json": "old"}, tmp_path / "p")
    monkeypatch.setattr(folders, "_fill", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(BuildError, match="No space left"):
        project.write({"report.json": "new"}, tmp_path / "p")
    assert [p.name for p in tmp_path.iterdir()] == ["p"] and (tmp_path / "p" / "report.json").read_text() == "old"


def small(tmp_path, pattern, new):
    """Return qemu-m4 with `pattern` in its board file replaced by `new`, a smaller number."""
    text = (ROOT / "boards" / "catalogue" / "qemu-m4.toml").read_text()
    assert pattern in text
    path = tmp_path / "small.toml"
    path.write_text(text.replace('name = "qemu-m4"', 'name = "small"').replace(pattern, new))
    return load_board(path)


def test_too_big_for_the_flash_is_known_before_the_build(voice, tmp_path):
    board = small(tmp_path, "slot_size = 0x1A_0000", "slot_size = 0x1_0000")
    with pytest.raises(
        BuildError, match=r"'tiny' does not fit small: it has \d+ bytes of constants, but the slot holds only 64728"
    ) as caught:
        export_voice(voice, board, tmp_path / "p")
    assert caught.value.exit_code == 6 and not (tmp_path / "p").exists()


@needs["cmake"]
@needs["arm-none-eabi-gcc"]
@pytest.mark.parametrize(("pattern", "new", "words"), [
    ("slot_size = 0x1A_0000", "slot_size = 0x1_8000", r"bytes of flash, but only 97496 are available"),
    ("size = 0x4_0000", "size = 0x6800", r"bytes of ram, but only 26624 are available"),
])  # fmt: skip
def test_too_big_for_the_board_as_the_linker_sees_it(voice, tmp_path, pattern, new, words):
    folder = export_voice(voice, small(tmp_path, pattern, new), tmp_path / "p")
    with pytest.raises(BuildError, match=words):
        build(folder)


def test_a_missing_compiler_is_named(voice, tmp_path, monkeypatch):
    folder = export_voice(voice, load_board("qemu-m4"), tmp_path / "p")
    monkeypatch.setenv("PATH", str(tmp_path))
    words = (
        "cmake, arm-none-eabi-gcc, arm-none-eabi-size, ninja are not installed: "
        "apt install cmake gcc-arm-none-eabi binutils-arm-none-eabi ninja-build"
    )
    with pytest.raises(MissingToolError, match=words):
        build(folder)


def test_what_is_no_model_or_project(tmp_path):
    with pytest.raises(ModelError, match="nothing.tflite"):
        export_model(tmp_path / "nothing.tflite", load_board("qemu-m4"), tmp_path / "p")
    with pytest.raises(BuildError, match="not a project"):
        build(tmp_path)


def test_export_takes_time_in_proportion_to_a_tables_length(voice, tmp_path):
    def seconds(values: int) -> float:
        """Return the processor time, in seconds, of an export with this many values in the position table."""
        long = replace(voice, tables=voice.tables | {"position": np.zeros(values, np.int8)})
        start = process_time()
        export_voice(long, load_board("qemu-m4"), tmp_path / str(values))
        return process_time() - start

    few, many = seconds(100_000), seconds(800_000)
    assert many < 8 * few + 1  # the ratio would be 64 if the export time were quadratic
