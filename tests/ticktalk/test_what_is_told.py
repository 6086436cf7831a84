"""What people are told: parts of a text that nobody would hear, boards without a speaker."""

import json
import re
import unicodedata
from pathlib import Path

import pytest

from tests.support.front import assert_refused, ticktalk
from tests.support.paths import TINY
from ticktalk.boards.board import all_boards
from ticktalk.bundled import voice_folder
from ticktalk.runtime_sim.speech import has_sound, unspoken, utterances
from ticktalk.runtime_sim.voice import load_voice
from ticktalk.system.installing import pip_install


@pytest.fixture(scope="module")
def heart():
    return load_voice(voice_folder("heart-nano"))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Message from 田中.", ["田中"]),
        ("Well done \U0001f642 \U0001f642", ["\U0001f642"]),
        ("Привет means hello", ["Привет"]),
        ("Café – “naïve”, €5", []),
        ("cafe\u0301", []),
        ("plain", []),
    ],
)
def test_what_cannot_be_said_is_named(heart, text, parts):
    assert unspoken(heart, text) == parts


@pytest.mark.parametrize("text", ["!", "...", "\U0001f642", "田中", " ", "—"])
def test_a_text_without_anything_to_say_has_no_utterance(heart, text):
    assert list(utterances(heart, text)) == []


def test_decomposed_accents_are_read_as_composed_ones(heart):
    text = "Café naïve"
    assert list(utterances(heart, unicodedata.normalize("NFD", text))) == list(utterances(heart, text))


def test_marks_alone_make_no_sound(heart):
    assert has_sound(heart, "həlˈO!") and not has_sound(heart, ".,!? ")


def test_the_command_names_it_in_json_too(tmp_path):
    done = ticktalk("simulate", "Hello 田中.", "-o", tmp_path / "o.wav", "--voice", TINY, "--json", cache=tmp_path)
    assert json.loads(done.stdout)["left_out"] == ["田中"] and "left out" in done.stderr and "田中" in done.stderr
    refused = ticktalk("simulate", "\U0001f642!", "-o", tmp_path / "n.wav", "--voice", TINY, cache=tmp_path)
    assert_refused(refused, 3, "nothing to say")
    assert not (tmp_path / "n.wav").exists()


def test_boards_without_a_speaker_say_so(tmp_path):
    done = ticktalk("boards", cache=tmp_path).stdout.splitlines()
    silent = {board.name for board in all_boards() if not board.has_speaker}
    assert silent == {"pinetime", "bangle-js-2"}
    for line in done[1:]:
        if line.split(" ", 1)[0] in {board.name for board in all_boards()}:
            assert (line.count("no speaker") > 1) == (line.split(" ", 1)[0] in silent)
    assert "estimated from instructions counted" in " ".join(done)


@pytest.mark.parametrize(
    ("out", "words"), [("o.mp3", ("o.mp3", "only WAV", ".wav")), ("new/folder/o.wav", ("no folder", "make it first"))]
)
def test_only_wav_is_written_and_no_folder_made(tmp_path, out, words):
    done = ticktalk("simulate", "Hello.", "-o", tmp_path / out, "--voice", TINY, cache=tmp_path)
    assert done.returncode == 2 and all(word in " ".join(done.stderr.split()) for word in words)
    assert not (tmp_path / out).exists() and not (tmp_path / "new").exists()


def test_flash_without_a_board_says_what_to_give(tmp_path):
    done = ticktalk("flash", cache=tmp_path)
    assert done.returncode == 2 and "say which watch to flash: --board NAME" in " ".join(done.stderr.split())


def test_what_is_missing_is_installed_from_where_ticktalk_came_from():
    source = re.fullmatch(r"pip install (?:-e )?'(.+)\[esp\]'", pip_install("esp"))[1]
    assert source == "ticktalk" or Path(source).exists()
