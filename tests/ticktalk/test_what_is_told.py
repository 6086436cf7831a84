"""Test warnings about text that cannot be spoken and about boards without a speaker."""

import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from tests.support.caches import cache
from tests.support.front import assert_refused, ticktalk
from tests.support.paths import ROOT, TINY
from ticktalk.boards.board import all_boards
from ticktalk.bundled import voice_folder
from ticktalk.commands.support.left_out import told_sentences, told_unspoken
from ticktalk.runtime_sim import unspoken as unspoken_module
from ticktalk.runtime_sim.errors import TextError
from ticktalk.runtime_sim.phonemizers import phonemizer
from ticktalk.runtime_sim.reading import unspoken
from ticktalk.runtime_sim.speech import has_sound, utterances
from ticktalk.runtime_sim.unspoken import unspoken_parts
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
    assert unspoken(heart, text, "hibari") == parts
    emoji = "\U0001f642"  # the pack has a name for this character
    assert unspoken(heart, text, "ticktalk:en-us") == [part for part in parts if part != emoji]
    assert unspoken(heart, text, "phonemes") == []


@pytest.mark.parametrize("text", ["!", "...", "\U0001f642", "田中", " ", "—"])
def test_a_text_without_anything_to_say_has_no_utterance(heart, text):
    assert list(utterances(heart, text, front_end="hibari")) == []


def test_a_language_pack_names_what_has_no_words(heart):
    for text in ("!", "\U0001f642", "田中", b"\xff"):
        assert len(list(utterances(heart, text))) == 1, text
    for text in ("", " \n", "\u0301", "...?", b"\0"):
        assert list(utterances(heart, text)) == [], text


def test_decomposed_accents_are_read_as_composed_ones(heart):
    text = "Café naïve"
    assert list(utterances(heart, unicodedata.normalize("NFD", text))) == list(utterances(heart, text))


def test_marks_alone_make_no_sound(heart):
    assert has_sound(heart, "həlˈO!") and not has_sound(heart, ".,!? ")


def test_the_command_names_it_in_json_too(tmp_path):
    done = ticktalk("simulate", "Hello 田中.", "-o", tmp_path / "o.wav", "--voice", TINY, "--json", cache=tmp_path)
    assert json.loads(done.stdout)["left_out"] == ["田中"] and "left out" in done.stderr and "田中" in done.stderr
    refused = ticktalk("simulate", "\U0001f642!", "-o", tmp_path / "n.wav", "--voice", TINY, cache=tmp_path)
    assert_refused(refused, 2, "no text to speak")
    assert not (tmp_path / "n.wav").exists()


def test_boards_without_a_speaker_say_so(tmp_path):
    done = ticktalk("boards", cache=tmp_path).stdout.splitlines()
    silent = {board.name for board in all_boards() if not board.has_speaker}
    assert silent == {"pinetime", "bangle-js-2", "waveshare-rp2350"}
    for line in done[1:]:
        if line.split(" ", 1)[0] in {board.name for board in all_boards()}:
            assert (line.count("no speaker") > 1) == (line.split(" ", 1)[0] in silent)
    assert "estimated from instructions counted" in " ".join(done)


@pytest.mark.parametrize(
    ("out", "words"), [("o.mp3", ("o.mp3", "only WAV", ".wav")), ("new/folder/o.wav", ("no folder", "create it first"))]
)
def test_only_wav_is_written_and_no_folder_made(tmp_path, out, words):
    done = ticktalk("simulate", "Hello.", "-o", tmp_path / out, "--voice", TINY, cache=tmp_path)
    assert done.returncode == 2 and all(word in " ".join(done.stderr.split()) for word in words)
    assert not (tmp_path / out).exists() and not (tmp_path / "new").exists()


def test_flash_without_a_board_says_what_to_give(tmp_path):
    done = ticktalk("flash", cache=tmp_path)
    assert done.returncode == 2 and "specify the watch to flash: --board NAME" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--board", "qemu-m4"], "qemu-m4 has no firmware with a sound output: specify a file"),
        (["--board", "pico", "--play"], "--play requires a file: -o FILE.wav"),
    ],
)
def test_say_without_a_file_requires_a_board_that_plays_sound(tmp_path, options, words):
    done = ticktalk("say", "Hello.", *options, cache=tmp_path)
    assert done.returncode == 2 and words in " ".join(done.stderr.split())


def test_what_is_missing_is_installed_from_where_ticktalk_came_from():
    constraints, source = re.fullmatch(r"pip install (?:-c '(.+)' )?(?:-e )?'(.+)\[esp\]'", pip_install("esp")).groups()
    assert source == "ticktalk" or Path(source).exists()
    assert (constraints is not None) == Path(source, "constraints.txt").is_file()


def test_a_phonemizer_takes_decomposed_text_for_everybody():
    text = "Café naïve"
    say = phonemizer("hibari")
    assert say(unicodedata.normalize("NFD", text)) == say(text)


def test_of_a_text_in_pieces_each_part_is_named_once(heart, capsys):
    left_out = []
    pieces = ["Well \U0001f642\n\n", "from 田中 \U0001f642"]
    assert list(told_unspoken(heart, iter(pieces), left_out, "hibari")) == pieces
    assert left_out == ["\U0001f642", "田中"]
    assert capsys.readouterr().err.count("\U0001f642") == 1


@pytest.mark.parametrize(("text", "code", "words"), [("Hello 田中.", 0, "田中"), ("\U0001f642", 2, "standard input")])
def test_standard_input_is_told_of_like_an_argument(tmp_path, text, code, words):
    done = subprocess.run(
        [sys.executable, "-m", "ticktalk", "simulate", "-", "-o", tmp_path / "o.wav", "--voice", TINY, "--json"],
        input=text.encode(),
        capture_output=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": cache(tmp_path)},
    )
    assert done.returncode == code and words in done.stderr.decode()
    if not code:
        assert json.loads(done.stdout)["left_out"] == ["田中"]


def test_say_uses_the_watchs_voice_or_names_the_one_to_give(home, tmp_path):
    from ticktalk import flash, load_board
    from ticktalk.boards.attach import attach
    from ticktalk.boards.errors import VerifyError
    from ticktalk.speaking import Watch

    board, out = load_board("qemu-m4"), tmp_path / "o.wav"
    flash(load_voice(voice_folder("heart-nano")), board)
    told = ticktalk("say", "Hi.", "--board", "qemu-m4", "-o", out, "--json", cache=tmp_path / "cache")
    assert told.returncode == 0 and json.loads(told.stdout)["voice"] == "heart-nano" and out.exists()
    marked = ("Hi [[pause 100]] [[rate 150]]you", "--markup", "-o")
    there = ticktalk("say", *marked, tmp_path / "s.wav", "--board", "qemu-m4", "--json", cache=tmp_path / "cache")
    here = ticktalk("simulate", *marked, tmp_path / "t.wav", "--voice", "heart-nano", cache=tmp_path / "cache")
    assert there.returncode == here.returncode == 0 and json.loads(there.stdout)["read_by"] == "host", there.stderr
    assert (tmp_path / "s.wav").read_bytes() == (tmp_path / "t.wav").read_bytes()
    other = ticktalk(
        "say", "Hi.", "--board", "qemu-m4", "-o", tmp_path / "p.wav", "--voice", "joe", cache=tmp_path / "cache"
    )
    assert_refused(other, 9, "'heart-nano'", "not 'joe'", "--voice heart-nano")
    tiny = load_voice(TINY)
    flash(tiny, board)
    with attach(board) as serial, pytest.raises(VerifyError, match="is not a bundled voice; specify --voice FOLDER"):
        Watch(serial, board).known_voice()
    with attach(board) as serial:
        assert len(Watch(serial, board, tiny).say("Hi.").pcm)


@pytest.mark.parametrize("out", ["-", "/dev/stdout", pytest.param("/dev/fd/1", marks=pytest.mark.long)])
def test_a_sound_on_standard_output_has_no_words_in_it(tmp_path, out):
    def said(*arguments):
        command = [sys.executable, "-m", "ticktalk", "simulate", "helo", "--phonemes", "--voice", TINY, *arguments]
        return subprocess.run(
            command,
            capture_output=True,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": cache(tmp_path)},
        )

    assert said("-o", "o.wav").returncode == 0
    for more in ([], ["--json"]):
        done = said("-o", out, *more)
        assert done.returncode == 0 and done.stdout == (tmp_path / "o.wav").read_bytes()
        assert (json.loads(done.stderr)["out"] if more else done.stderr.decode()).startswith("/dev/stdout")
    assert not (tmp_path / "-").exists()


def test_a_sound_is_not_written_to_a_terminal(tmp_path):
    far, near = os.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "ticktalk", "simulate", "Hello.", "--voice", TINY, "-o", "-"],
        stdout=near,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": cache(tmp_path)},
    )
    os.close(near)
    os.close(far)
    assert done.returncode == 2 and b"is a terminal" in done.stderr


def test_a_public_key_on_standard_output_has_no_words_in_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    written = ticktalk("keys", "--new", "--c-source", tmp_path / "key.c", cache=tmp_path)
    assert written.returncode == 0
    done = ticktalk("keys", "--c-source", "-", cache=tmp_path)
    assert done.stdout == (tmp_path / "key.c").read_text() and "SHA-256" in done.stderr


def test_sentences_to_judge_with_are_named_where_they_cannot_be_said(heart, capsys):
    left_out = []
    lines = ["Hello 田中.", "\U0001f642", "Plain."]
    assert told_sentences(heart, lines, "s.txt", left_out) == ["Hello 田中.", "Plain."]
    assert left_out == ["田中", "\U0001f642"]
    heard = capsys.readouterr().err
    assert "cannot pronounce it: 田中" in heard and "contain no text to speak: '\U0001f642'" in heard
    with pytest.raises(TextError, match="s.txt contains no text that voice"):
        told_sentences(heart, ["\U0001f642", "..."], "s.txt", left_out)


def test_a_comparison_leaves_out_what_the_other_voice_cannot_say(tmp_path):
    """All speakers receive the same sentences."""
    other, sentences = tmp_path / "other", tmp_path / "s.txt"
    shutil.copytree(TINY, other)
    manifest = (other / "voice.toml").read_text().replace('name = "tiny"', 'name = "other"')
    (other / "voice.toml").write_text(re.sub("symbols = .*", 'symbols = { "m" = 11 }', manifest))

    def compared(text):
        sentences.write_text(text)
        return ticktalk(
            "compare", "--voice", TINY, "--with", f"{other},nobody", "--sentences", sentences, cache=tmp_path
        )

    assert_refused(compared("A dot.\n"), 2, "contains no text that voice 'other' can speak")
    done = compared("My dear.\nA dot.\n")
    assert done.returncode == 11 and "no text to speak: 'A dot.'" in done.stderr and "nobody" in done.stderr


@pytest.mark.parametrize("command", [["evaluate"], ["compare", "--with", "teacher"], ["verify"], ["simulate"], ["say"]])
def test_nothing_to_say_is_a_usage_error_everywhere(tmp_path, command):
    (tmp_path / "s.txt").write_text("\U0001f642\n")
    more = {
        "verify": ["--text", "\U0001f642", "--board", "qemu-m4"],
        "simulate": ["\U0001f642", "-o", tmp_path / "o.wav"],
        "say": ["\U0001f642", "-o", tmp_path / "o.wav", "--board", "qemu-m4"],
    }.get(command[0], ["--sentences", tmp_path / "s.txt"])
    done = ticktalk(*command, *more, "--voice", TINY, cache=tmp_path)
    assert_refused(done, 2, "contains no text")


@pytest.mark.parametrize(("name", "foreign"), [("espeak-ng:ru", False), ("espeak-ng:fr-be", True), ("hibari", True)])
def test_a_language_is_at_home_in_its_own_script(monkeypatch, name, foreign):
    monkeypatch.setattr(unspoken_module, "phonemizer", lambda name: lambda text: [text])
    assert unspoken_parts(name, set("Привет"), "Привет") == (["Привет"] if foreign else [])
