"""Test `ticktalk fit`: the memory, speed and charge that it estimates for a voice on a board, and its
recommendation."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from tests.support.paths import ROOT
from ticktalk.boards.board import all_boards, load_board
from ticktalk.bundled import voice_folder
from ticktalk.cli import app
from ticktalk.estimate import NEEDS, SENTENCE
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export import export_voice
from ticktalk.firmware_gen.project.report import read_report
from ticktalk.firmware_gen.text.reading import reading_of
from ticktalk.fit.demand import Demand, packs
from ticktalk.fit.fit import fit, recommended
from ticktalk.fit.speed import check_speed
from ticktalk.runtime_sim.voice import load_voice


@pytest.fixture(scope="module")
def nano():
    return load_voice(voice_folder("heart-nano"))


@pytest.fixture(scope="module")
def demand(nano):
    return Demand.of(nano, "dsp")


def run(*arguments):
    return CliRunner().invoke(app, ["fit", *arguments], catch_exceptions=False)


def test_the_memory_is_that_of_the_export(nano, demand, tmp_path):
    board = load_board("nucleo-l4r5zi")
    report = read_report(export_voice(nano, board, tmp_path / "project"))
    found = fit(demand, board, packs(nano))
    assert (found.pack, found.flash, found.ram) == ("en-us", report["flash_bytes"], report["ram_bytes"])
    assert (found.flash_limit, found.ram_limit) == (report["flash_limit"], report["ram_limit"])


def test_the_time_is_computing_plus_waiting_for_weights(demand):
    board = load_board("nucleo-l4r5zi")
    found = fit(demand, board, ())
    waiting = demand.read_bytes / 8 * 5 / 120e6
    assert found.wait_factor == pytest.approx(waiting)
    assert found.factor == pytest.approx(NEEDS["heart-nano"].cycles(board) / 120e6 + waiting)
    assert found.factor * 120 == pytest.approx(found.least_mhz)


def test_a_clock_twice_as_fast_halves_the_time_and_keeps_the_charge(demand):
    board = load_board("nucleo-l4r5zi")
    slow, fast = (fit(demand, board, (), clock_hz=clock) for clock in (60_000_000, 120_000_000))
    assert slow.factor == pytest.approx(2 * fast.factor)
    assert slow.charge_uah == pytest.approx(fast.charge_uah)
    assert slow.least_mhz == pytest.approx(fast.least_mhz)
    # a second of speech takes 24.9 mA for the computing time
    assert fast.charge_uah == pytest.approx(24_900 * fast.factor / 3600)
    assert fast.hours * 3600 * fast.charge_uah == pytest.approx(200_000)


def test_a_slow_board_computes_ahead_until_the_sentence_ends_without_a_gap(demand):
    board = load_board("nucleo-l4r5zi")
    found = fit(demand, board, (), clock_hz=10_000_000)
    seconds, ahead = SENTENCE, found.ahead / 16000
    # the samples computed in advance and those computed during playback are sufficient for the sentence
    assert ahead + seconds / found.factor == pytest.approx(seconds, abs=1e-3)
    assert found.problem.startswith("too slow") and str(found.queue) in found.problem


def test_playback_starts_when_the_queue_is_full_or_the_text_ends(nano):
    board = load_board("pico")
    needed = Demand.of(nano, board.isa)
    for seconds, before in ((3.0, 3.0), (5.0, board.sound.queue / 16000)):
        found = fit(needed, board, (), seconds)
        assert found.before == before * 16000
        assert found.start == pytest.approx(found.first + before * found.factor)
    library = fit(needed, replace(board, sound=None), (), 3.0)
    assert library.before == library.ahead and library.start < fit(needed, board, (), 3.0).start


def test_a_voice_that_was_not_measured_lies_between_those_that_were(nano):
    other = replace(nano, manifest=nano.manifest | {"name": "mine"})
    for name in ("nucleo-l4r5zi", "pico", "alif-e7"):
        board = load_board(name)
        measured, guessed = (Demand.of(voice, board.isa).cycles(board) for voice in (nano, other))
        assert guessed == pytest.approx(measured)
    assert Demand.of(other, "dsp").first(load_board("pico2")) is None


def test_every_board_is_judged_and_each_speaker_has_a_voice(nano):
    result = run("--json", "--quiet")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert set(found) == {board.name for board in all_boards()}
    for board in all_boards():
        chosen, voices = found[board.name]["recommended"], found[board.name]["voices"]
        measured = any(voice["factor"] is not None for voice in voices.values())
        assert (chosen is not None) == (board.has_speaker and measured), board.name
        for name, voice in voices.items():  # `ticktalk boards` says the same without generating code
            factor = "fits" if voice["factor"] is None else f"{voice['factor']:.2f}"
            told = voice["problem"].partition(":")[0].partition(" (")[0] or factor
            assert NEEDS[name].verdict(board) == told, (board.name, name)
    assert found["pico2"]["recommended"] == found["pico"]["recommended"] == "heart-nano"


def test_a_better_voice_that_starts_late_is_not_recommended(demand):
    board = load_board("qemu-m4")
    late = replace(fit(demand, board, ()), voice="late", start=5.0)
    soon = replace(late, voice="soon", start=0.5)
    assert recommended([late, soon], {"late": 4.4, "soon": 3.9}) is soon
    assert recommended([late], {"late": 4.4}) is late
    assert recommended([replace(soon, problem="too big")], {}) is None
    assert recommended([replace(soon, factor=None, start=None)], {}) is None


def test_export_refuses_a_voice_that_is_too_slow_and_names_another(nano):
    pico = load_board("pico")
    with pytest.raises(BuildError, match=r"'heart' is too slow for pico: .* choose --voice heart-nano"):
        check_speed(load_voice(voice_folder("heart")), pico)
    check_speed(nano, pico)
    check_speed(load_voice(voice_folder("heart")), load_board("qemu-m4"))  # the board plays no sound itself


def test_the_details_give_the_derivation_of_each_figure():
    result = run("--board", "nucleo-l4r5zi", "--voice", "heart-nano", "--mhz", "80", "--quiet")
    assert result.exit_code == 0, result.output
    for told in ("heart-nano", "at 80 MHz", "5 cycles per 8 bytes", "24.9 mA", "MLPerf Tiny", "between two samples"):
        assert told in " ".join(result.stdout.split())


def test_a_text_decides_how_long_an_utterance_is(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("Hi.\n\nYou walked ten thousand steps today, and you have climbed seventeen flights of stairs.\n")
    result = run("--board", "pico", "--voice", "heart-nano", "--text", str(text), "--json", "--quiet")
    found = json.loads(result.stdout)["pico"]["voices"]["heart-nano"]
    assert 4.5 < found["longest"] < 7.5


@pytest.mark.parametrize(
    ("content", "problem"), [(None, "cannot be read"), (b"\n \n", "contains no text"), (b"\xff\xfe", "not UTF-8")]
)
def test_a_text_that_cannot_be_used_is_refused_by_name(tmp_path, content, problem):
    text = tmp_path / "text.txt"
    if content is not None:
        text.write_bytes(content)
    result = run("--text", str(text))
    assert result.exit_code != 0 and "Traceback" not in result.output
    assert "text.txt" in result.output and problem in " ".join(result.output.split())


def test_the_page_escapes_names(tmp_path, nano):
    text = (ROOT / "boards/catalogue/nucleo-l4r5zi.toml").read_text()
    hostile = tmp_path / "nucleo-l4r5zi.toml"
    hostile.write_text(text.replace('title = "ST NUCLEO-L4R5ZI"', "title = \"<script>alert('x')</script>\""))
    page = tmp_path / "fit.html"
    result = run("--board", str(hostile), "--voice", "heart-nano", "--html", str(page), "--quiet")
    assert result.exit_code == 0, result.output
    assert "<script>" not in page.read_text() and "&lt;script&gt;" in page.read_text()


def test_a_smaller_pack_is_suggested_only_where_it_fits(nano, demand):
    needed = demand.library.constants, demand.library.memory
    board = load_board("nucleo-l4r5zi")
    for size, tip in ((660, ""), (540, "; try --text en-us-small"), (510, "")):
        small = replace(board, slot_size=size * 1024)
        reading, why = reading_of(nano, small, None, *needed, "voice", library=False)
        assert (reading is None) == (size < 660)
        assert why is None or ("not enough flash" in why and why.endswith(tip or "are available")), why
