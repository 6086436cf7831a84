"""Test names that reach a terminal or a table, and systems that cannot be compared."""

import json
import os
import re
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.support.paths import TINY
from ticktalk.cli import app
from ticktalk.commands.support import show
from ticktalk.commands.support.evaluation_table import tables
from ticktalk.converter.corpora.recordings import CORPUS, prepare
from ticktalk.converter.errors import DistillError
from ticktalk.converter.judging.comparison import speakers_of
from ticktalk.converter.judging.evaluate import Evaluation, System
from ticktalk.converter.judging.measures import Score
from ticktalk.converter.judging.speakers import JudgedSpeaker, JudgedSpeech
from ticktalk.converter.teachers.catalogue import make_teacher
from ticktalk.runtime_sim.errors import VoiceError
from ticktalk.runtime_sim.phonemizers import phonemizer
from ticktalk.system import last_words

espeak = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="apt install espeak-ng")
SENTENCE = "Turn left here."


def refused(code, words, *arguments):
    """Run a command in this process and check that it is refused."""
    done = CliRunner().invoke(app, list(map(str, arguments)))
    assert done.exit_code == code and not done.stdout, done.output
    assert re.search(words, " ".join(done.stderr.split())), done.stderr


@pytest.fixture
def sentences(tmp_path):
    (tmp_path / "s.txt").write_text(f"{SENTENCE}\n")
    (tmp_path / "metadata.csv").write_text("0|Something else.\n")
    (tmp_path / "0.wav").write_bytes(b"")
    return ["--voice", TINY, "--sentences", tmp_path / "s.txt"]


def test_a_system_that_cannot_be_compared_is_refused(sentences, tmp_path):
    page = tmp_path / "page.html"
    for more in ([], ["--blind", page]):
        refused(11, f"--with folder:{tmp_path}: can speak only its own", "compare", *sentences, "--with",
                f"folder:{tmp_path}", *more)  # fmt: skip
        refused(11, f"--with {TINY}: is the voice itself", "compare", *sentences, "--with", TINY, *more)
    refused(2, "--blind cannot be combined with --html, --like or --json", "compare", *sentences, "--with",
            "teacher", "--blind", page, "--like", tmp_path)  # fmt: skip
    for option in ("--from", "--decoder-from"):
        refused(3, "no voice ''", "distill", "--teacher", "espeak-ng", option, "", "-o", tmp_path / "v")
    assert not page.exists()


def test_systems_with_the_same_name_are_told_apart(sentences, tmp_path):
    """A listener's answers name the systems."""
    copy, page = shutil.copytree(TINY, tmp_path / "copy"), tmp_path / "page.html"
    done = CliRunner().invoke(app, ["compare", *map(str, sentences), "--with", str(copy), "--blind", str(page)])
    assert done.exit_code == 0, done.output
    data = json.loads(re.search('id="data">(.*?)</script>', page.read_text(), re.DOTALL)[1])
    assert data["systems"] == ["tiny", f"tiny ({copy})"]
    if shutil.which("flite"):
        systems = ["compare", *map(str, sentences), "--with", "flite:slt,flite", "--blind", str(page)]
        assert CliRunner().invoke(app, systems).exit_code == 0
        assert page.read_text().count('"flite:slt"') == 2  # in the list, and in one trial


@pytest.mark.skipif(not shutil.which("flite"), reason="apt install flite")
def test_a_teacher_of_another_language_is_left_out():
    assert speakers_of("flite:slt", [SENTENCE], "es") == ([], "speaks en-us, but the voice speaks es")
    assert [each.name for each in speakers_of("flite:slt", [SENTENCE], "en-gb")[0]] == ["flite:slt"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["evaluate", "--text", "--voice", "heart"], "--text cannot be combined with --voice"),
        (["evaluate", "--text", "--html", "page.html"], "--text cannot be combined with --html"),
        (["evaluate", "--voice", "heart", "--language", "es"], "--language requires --text"),
    ],
)
def test_an_option_without_an_effect_is_refused(arguments, words):
    refused(2, words, *arguments)


@espeak
def test_a_size_without_an_effect_is_refused(sentences, tmp_path):
    out = tmp_path / "corpus"
    refused(2, "--size is the size of", "corpus", "-t", "espeak-ng", "--corpus", sentences[3], "--size", 3, "-o", out)
    refused(2, "--size is the size of", "corpus", "-t", f"folder:{tmp_path}", "--size", 3, "-o", out)
    assert not out.exists()


class Speaker(JudgedSpeaker):
    name, language = "[red]a[/b]:smile:", "en-us"

    def _say(self, sentence):
        return JudgedSpeech(np.ones(16000, np.float32), 16000)


def test_names_in_a_table_are_not_markup(capsys):
    speaker = Speaker()
    speaker.say("[/x]")
    score = Score("[/x]", "[bold]", 1, 1, 1, 4, 4.0, (4.0, 4.0, 4.0, 4.0))
    tables(Evaluation(["[/x]"], [System(speaker, [score], None)]))
    printed = capsys.readouterr().out
    assert "[red]a[/b]:smile:" in printed and "said   [/x]\nheard  [bold]" in printed


def test_a_terminal_obeys_no_name(capsys):
    last_words.tell("a\x1b[2Jb\x9b1m\x00:\ncafé\u202f!\ttab\x7f")
    show.warn("\x1b]0;title\x07 left\nout")
    last_words.told.clear()
    expected = "error: a\\x1b[2Jb\\x9b1m\\x00: café ! tab\\x7f\n\\x1b]0;title\\x07 left\nout\n"
    assert capsys.readouterr().err == expected


@espeak
@pytest.mark.parametrize("voice", ["en-nonsense", "en+nosuch", "fr-nonsense", "de+nosuch", "--help"])
def test_a_voice_that_espeak_would_replace_in_silence_is_refused(voice, tmp_path):
    with pytest.raises(DistillError, match="teacher espeak-ng: espeak-ng has no (voice|variant) '.*; choose one of"):
        make_teacher(f"espeak-ng:{voice}")
    with pytest.raises(VoiceError, match="espeak-ng has no"):
        phonemizer(f"espeak-ng:{voice}")("a")


@espeak
@pytest.mark.parametrize("voice", ["en", "en-us", "EN-US", "en-gb-x-rp", "gmw/en-US", "de+f2", "en-us+F3", "es-419"])
def test_the_names_of_espeaks_voices(voice):
    assert make_teacher(f"espeak-ng:{voice}").voice == voice


@espeak
def test_a_corpus_without_a_recording_is_no_other_teachers(tmp_path):
    out = tmp_path / "corpus"
    out.mkdir()
    (out / CORPUS).write_text("{}")
    assert prepare("espeak-ng", out).card.name == "espeak-ng"
    (out / "0000").mkdir()
    with pytest.raises(DistillError, match="corpus.json: key 'teacher' is missing"):
        prepare("espeak-ng", out)
    assert os.listdir(out / "0000") == []
