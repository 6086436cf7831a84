"""What people are told: parts of a text that nobody would hear, boards without a speaker."""

import json
import unicodedata

import pytest

from tests.support.front import assert_refused, ticktalk
from tests.support.paths import TINY
from ticktalk.boards.board import all_boards
from ticktalk.bundled import voice_folder
from ticktalk.runtime_sim.speech import has_sound, unspoken, utterances
from ticktalk.runtime_sim.voice import load_voice


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
