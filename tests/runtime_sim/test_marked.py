"""Texts with markup become utterances, each with its prosody, and pauses.

Custom words are read as the user specifies.
"""

import io
import json
import wave
from dataclasses import astuple

import numpy as np
import pytest

from tests.support.front import ticktalk
from tests.support.speakers import with_speakers
from ticktalk.bundled import voice_folder
from ticktalk.runtime_sim.errors import TextError
from ticktalk.runtime_sim.marked import marked
from ticktalk.runtime_sim.prosody import Prosody
from ticktalk.runtime_sim.speech import Speaker, ids_of
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.voice import load_voice
from ticktalk.text import pieces

PACK = "ticktalk:en-us"


@pytest.fixture(scope="module")
def voice():
    return load_voice(voice_folder("heart-nano"))


def steps(voice, text, base=None, markup=True, words=None):
    return list(marked(voice, PACK, words, markup).steps(voice, [text], base or Prosody()))


def test_levels_of_markup_are_relative_to_the_callers_and_limited(voice):
    base = Prosody.of(rate=1.5, pitch=10, volume=0.5, expression=1.5)
    changed = "[[rate 80]][[pitch 4]][[volume 150]][[expression 50]]c"
    said = steps(voice, f"a [[rate 200]]b {changed} [[rate]][[pitch]][[volume]][[expression]]d", base)
    assert [astuple(step.prosody) for step in said] == [
        (384, 10, 128, 384, 0, 0), (512, 10, 128, 384, 0, 0), (308, 12, 192, 192, 0, 0), (384, 10, 128, 384, 0, 0),
    ]  # fmt: skip
    assert [step.seed for step in said] == [1, 2, 3, 4]


def test_markup_chooses_a_speaker_and_returns_to_the_callers(voice):
    several = with_speakers(voice)
    said = steps(several, "a [[voice em]]b [[rate 150]]c [[voice]]d", Prosody(speaker=1))
    assert [(step.prosody.speaker, step.prosody.rate) for step in said] == [(1, 256), (2, 256), (2, 384), (1, 384)]
    assert len(steps(voice, "a [[voice em]]b")) == 1


@pytest.mark.parametrize("asked", [0, 1])
def test_markup_whispers_until_its_end_or_as_long_as_the_caller(voice, asked):
    said = steps(voice, "a [[whisper]]b[[/whisper]] c", Prosody(whisper=asked))
    assert [step.prosody.whisper for step in said] == [asked, 1, asked]


def test_a_pause_is_silence_of_its_length(voice):
    said = steps(voice, "Hi [[pause 250]] you")
    assert [bool(step.ids) for step in said] == [True, False, True]
    assert said[1].silence(16000) == 4000


def test_a_text_in_parts_is_the_same_text(voice):
    """As from standard input: the borders between paragraphs are part of the next one."""
    text = "[[spell]]AB [[whisper]]c\n\nBAD[[/spell]] ok.\n\n.com [[/whisper]]and [[rate 150]]more\n\n\nof it."
    whole = marked(voice, PACK, None, True).steps(voice, [text])
    parts = list(pieces(io.StringIO(text)))
    assert len(parts) == 4
    assert list(marked(voice, PACK, None, True).steps(voice, parts)) == list(whole)


def test_own_words_reach_the_voice(voice, tmp_path):
    file = tmp_path / "words.toml"
    file.write_text('schema = 1\n[words]\nblick = "/blˈʌk/"\n')
    (step,) = steps(voice, "blick [[pause 1]]", words=file, markup=False)[:1]
    assert step.ids[:6] == ids_of(voice, "blˈʌk")[:6]
    assert len(steps(voice, "blick [[pause 1]]", words=file, markup=False)) == 1


def test_a_phonemizer_without_a_pack_is_refused(voice):
    with pytest.raises(TextError, match="need a language pack"):
        marked(voice, "hibari", None, True)


def test_simulate_speaks_ssml_with_pauses_and_prosody(voice, tmp_path):
    out = tmp_path / "out.wav"
    ssml = '<speak>Hi<break time="250ms"/><prosody rate="150%" pitch="+2st" volume="50%">you</prosody></speak>'
    done = ticktalk("simulate", ssml, "--ssml", "--voice", "heart-nano", "-o", out, "--json", cache=tmp_path)
    assert done.returncode == 0, done.stderr
    front, speaker = frontend("en-us"), Speaker(voice)
    wanted = [
        speaker.speak(ids_of(voice, front("Hi")[0]), 1),
        np.zeros(4000, np.int16),
        speaker.speak(ids_of(voice, front("you")[0]), 2, prosody=Prosody(384, 2, 128)),
    ]
    with wave.open(str(out)) as file:
        assert np.array_equal(np.frombuffer(file.readframes(file.getnframes()), "<i2"), np.concatenate(wanted))
    assert json.loads(done.stdout)["phoneme_ids"][1] == {"pause": 250}


def test_simulate_tells_what_is_wrong_and_writes_nothing(tmp_path):
    out = tmp_path / "out.wav"
    for arguments, code, told in (
        (("<speak><audio/></speak>", "--ssml"), 2, "SSML, line 1: <audio> is not supported"),
        (("<speak/>", "--ssml"), 2, "contains no text to speak"),
        (("Hi", "--words", tmp_path / "words.toml"), 3, "words.toml: cannot be read"),
        (("Hi", "--markup", "--phonemizer", "espeak-ng"), 2, "need a language pack"),
        (("Hi", "--markup", "--phonemes"), 2, "need a language pack"),
    ):
        done = ticktalk("simulate", *arguments, "--voice", "heart-nano", "-o", out, cache=tmp_path)
        assert done.returncode == code and told in done.stderr and not out.exists(), done.stderr
