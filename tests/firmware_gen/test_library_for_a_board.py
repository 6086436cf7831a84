"""Export a voice as a library for a board that `export` cannot write complete firmware for."""

from dataclasses import replace

import pytest

from tests.support.front import assert_refused, ticktalk
from tests.support.paths import TINY
from ticktalk.boards.board import all_boards, load_board
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export_library import CORES, export_library
from ticktalk.firmware_gen.library_options import LibraryOptions
from ticktalk.firmware_gen.packages import PACKAGES
from ticktalk.firmware_gen.project.report import read_report
from ticktalk.runtime_sim.voice import load_voice

FOREIGN = [board for board in all_boards() if board.uart is None]


@pytest.fixture(scope="module")
def voice():
    return load_voice(TINY)


@pytest.mark.parametrize("board", FOREIGN, ids=lambda board: board.name)
def test_every_board_without_whole_firmware_has_a_package_for_its_core_or_plain_c(board):
    assert board.core in CORES and CORES[board.core] == board.isa and board.embedding.why.endswith(".")
    if package := board.embedding.package:
        assert board.core in PACKAGES[package].cores


@pytest.mark.parametrize("name, part", [("t-watch-s3", "idf_component.yml"), ("pebble-time-2", "sources.mk")])
def test_the_library_is_for_the_core_of_the_board_and_in_the_form_of_its_sdk(voice, tmp_path, name, part):
    board = load_board(name)
    report = read_report(export_library(voice, None, tmp_path / "out", LibraryOptions(text="none"), board=board))
    assert report["core"] == board.core and report.get("package", "") == board.embedding.package
    assert (tmp_path / "out" / part).is_file()


def test_another_package_can_be_chosen(voice, tmp_path):
    board = load_board("t-watch-s3")
    project = export_library(voice, None, tmp_path / "out", LibraryOptions(text="none", package="arduino"), board=board)
    assert read_report(project)["package"] == "arduino"
    with pytest.raises(BuildError, match="package 'pico-sdk' has no core 'xtensa-lx7'"):
        export_library(voice, None, tmp_path / "other", LibraryOptions(text="none", package="pico-sdk"), board=board)


def test_a_board_without_a_speaker_gets_no_voice(voice, tmp_path):
    with pytest.raises(BuildError, match=r"bangle-js-2 has no speaker \(none: piezo only\)"):
        export_library(voice, None, tmp_path / "out", board=load_board("bangle-js-2"))
    assert not (tmp_path / "out").exists()


def test_a_voice_that_does_not_fit_the_board_is_refused(voice, tmp_path):
    board = load_board("zswatch")
    small = replace(board, memories=tuple(replace(each, size=20_000) for each in board.memories))
    with pytest.raises(BuildError, match="'tiny' does not fit zswatch: .* bytes of RAM"):
        export_library(voice, None, tmp_path / "out", LibraryOptions(text="none"), board=small)


def test_export_without_library_names_the_command_that_works(tmp_path):
    command = ("export", "--board", "t-watch-s3", "--voice", TINY, "--text", "none", "-o", tmp_path / "out")
    refused = ticktalk(*command, cache=tmp_path)
    assert_refused(refused, 6, "no complete firmware for this board", "ticktalk export --library --board t-watch-s3")
    done = ticktalk(*command, "--library", cache=tmp_path)
    assert done.returncode == 0 and (tmp_path / "out" / "CMakeLists.txt").is_file(), done.stderr


def test_the_details_of_a_board_tell_why_there_is_no_whole_firmware(tmp_path):
    told = ticktalk("boards", "t-watch-s3", cache=tmp_path).stdout
    assert "none. ESP-IDF provides start-up" in told and "ESP-IDF component, by `ticktalk export --library`" in told
