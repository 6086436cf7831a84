"""The watch's speech is identical, to the last sample, to that of the commands `say`, `simulate` and `verify`."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.support.caches import cache
from tests.support.front import assert_refused, ticktalk
from tests.support.paths import ROOT, TINY
from tests.support.talker import talker
from ticktalk.boards.board import load_board
from ticktalk.bundled import voice_folder
from ticktalk.converter.export.toml import manifest_text
from ticktalk.proof.prover import Prover
from ticktalk.proof.subject import VoiceSubject
from ticktalk.runtime_sim.errors import VoiceError
from ticktalk.runtime_sim.reading import front_end_of, packs_of, reader_of
from ticktalk.runtime_sim.speech import Speaker, utterances
from ticktalk.runtime_sim.text.utf8 import decoded, encoded
from ticktalk.runtime_sim.voice import load_voice

needs = [
    pytest.mark.skipif(not shutil.which(tool), reason=f"needs {tool}")
    for tool in ("cmake", "arm-none-eabi-gcc", "qemu-system-arm")
]


def emulated(test):
    for mark in needs:
        test = mark(test)
    return test


@pytest.fixture(scope="module")
def flashed(tmp_path_factory):
    """Return (voice folder, cache folder) of an emulated watch that reads text and speaks with that voice."""
    folder = tmp_path_factory.mktemp("reading")
    voice = shutil.copytree(TINY, folder / "voice")
    (voice / "voice.toml").write_text(manifest_text(talker().manifest))
    done = ticktalk("flash", "--board", "qemu-m4", "--voice", voice, cache=folder)
    assert done.returncode == 0, done.stderr
    return voice, folder


@emulated
def test_the_watch_says_what_is_simulated(flashed, tmp_path):
    voice, watch = flashed

    def run(command, text, *more, stdin=None):
        where = ["--board", "qemu-m4"] if command == "say" else []
        out = tmp_path / f"{command}.wav"
        options = [*where, "--voice", voice, "-o", out, "--json", *more]
        arguments = [sys.executable, "-m", "ticktalk", command, text, *options]
        done = subprocess.run(arguments, input=stdin, capture_output=True, env=environment)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout), out.read_bytes()

    environment = os.environ | {"XDG_CACHE_HOME": cache(watch), "PYTHONPATH": str(ROOT)}
    for text, stdin, more, reader in (
        ("At 7:30, 田中 😀. Go!", None, [], "watch"),
        (b"Caf\xe9", None, [], "watch"),
        ("-", b"Caf\xe9 \xff one.\n\nTwo, \xe2\x82\xac3.\n", ["--rate", "1.5"], "watch"),
        ("tˈIm tə ɹˈʌn.", None, ["--phonemes"], "host"),
        ("Time to run.", None, ["--phonemizer", "hibari"], "host"),
    ):
        said, wav = run("say", text, *more, stdin=stdin)
        here, simulated = run("simulate", text, *more, stdin=stdin)
        assert wav == simulated and said["utterances"] == here["utterances"] and said["left_out"] == here["left_out"]
        assert said["front_end"] == here["front_end"] and said["read_by"] == reader
    refused = ticktalk("say", " ", "--board", "qemu-m4", "-o", tmp_path / "n.wav", cache=watch)
    assert_refused(refused, 2, "no text to speak")
    assert not (tmp_path / "n.wav").exists()


@emulated
def test_a_proof_covers_the_path_from_the_texts_bytes(tmp_path):
    voice, board = talker(), load_board("qemu-m4")
    subject, told = VoiceSubject(voice, "It's 7:30. Meet Dr. Lee!"), []
    prover = Prover(subject, told.append)
    project = subject.export(board, tmp_path / "project")
    prover.ask_host(project)
    assert prover.proof.bit_exact and prover.proof.text_bytes == 24
    assert any("reads the text of 24 bytes and speaks the same" in line for line in told)
    # Only the phonemes that the C code derives from text are changed, so everything computed from ids is still correct.
    source = project / "src" / "voice_utterances.c"
    text = source.read_text()
    changed = re.sub(r"\{(\d+), AUDIBLE\}", lambda row: f"{{{int(row[1]) % 19 + 1}, AUDIBLE}}", text)
    assert changed != text
    source.write_text(changed)
    wrong = Prover(subject, told.append)
    wrong.ask_host(project)
    agreement = wrong.proof.agreements["host C"]
    assert not wrong.proof.bit_exact and str(agreement.difference).startswith("the text, sample ")
    assert agreement.tensors and not agreement.text_bytes


def test_a_proof_of_given_phonemes_or_of_another_front_end_reads_no_text():
    voice = talker()
    assert VoiceSubject(voice, "Yes.").text == b"Yes."
    assert VoiceSubject(voice, "jˈɛs.", "phonemes").text is None
    assert VoiceSubject(voice, "Yes.", "hibari").text is None


def test_the_first_pack_that_a_voice_names_reads_for_it():
    voice = talker()
    phonemes = voice.manifest["phonemes"]
    assert packs_of(voice) == ["en-us"] and front_end_of(voice) == "ticktalk:en-us"
    phonemes["phonemizer"] = "ticktalk:en-gb"
    assert packs_of(voice) == ["en-gb", "en-us"] and front_end_of(voice) == "ticktalk:en-gb"
    phonemes["phonemizer"] = "espeak-ng:de"
    del phonemes["packs"]
    assert packs_of(voice) == [] and front_end_of(voice) == "espeak-ng:de"


def test_phonemes_are_spoken_as_they_are_and_unknown_ones_named():
    heart = load_voice(voice_folder("heart-nano"))
    read = reader_of(heart, "phonemes")
    assert read("tˈIm.\n\nɹꜝʌn!\n") == ["tˈIm.", "ɹꜝʌn!"]
    with pytest.raises(VoiceError, match=r"'heart-nano' has no phonemes '1' '\\u7530'") as caught:
        read("tˈIm1 田")
    assert caught.value.exit_code == 3
    assert list(utterances(heart, "...", front_end="phonemes")) == []


@pytest.mark.parametrize("data", [b"caf\xe9", b"\xff\xfe", "caf\u00e9".encode(), b"\xed\xa0\x80", b""])
def test_bytes_stay_what_they_were(data):
    text = data.decode("utf-8", "surrogateescape")
    assert encoded(text) == encoded(data) == data and decoded(text) == data.decode("utf-8", "replace")
    assert encoded("\ud800") == b"\xed\xa0\x80"


def test_front_ends_that_do_not_go_together_are_a_usage_error(tmp_path):
    common = ("--voice", "heart-nano", "-o", tmp_path / "o.wav")
    done = ticktalk("simulate", "a", "--phonemes", "--phonemizer", "hibari", *common, cache=tmp_path)
    assert done.returncode == 2 and "--phonemes cannot be combined with --phonemizer" in done.stderr
    assert_refused(ticktalk("simulate", "a", "--phonemizer", "klingon", *common, cache=tmp_path), 3, "klingon")


@emulated
def test_a_watch_that_reads_needs_no_voice_here(flashed, tmp_path):
    """The watch can read text with a voice that is not on this computer, but phonemes cannot be spoken without that
    voice."""
    voice, (_, watch) = talker(), flashed
    common = ("--board", "qemu-m4", "-o", tmp_path / "o.wav")
    said = ticktalk("say", "Yes, 5.", *common, "--json", cache=watch)
    assert said.returncode == 0, said.stderr
    told = json.loads(said.stdout)
    expected = [Speaker(voice).speak(ids, seed) for ids, seed in utterances(voice, "Yes, 5.")]
    assert (told["voice"], told["sample_rate"], told["read_by"]) == ("tiny", 16000, "watch")
    assert told["samples"] == sum(map(len, expected)) and told["utterances"] == len(expected)
    refused = ticktalk("say", "jˈɛs", "--phonemes", *common, cache=watch)
    assert_refused(refused, 9, "is not a bundled voice", "--voice FOLDER")
