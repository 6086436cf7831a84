"""Test the scores that `distill` records in a voice."""

import os
from dataclasses import replace
from importlib.util import find_spec
from types import SimpleNamespace

os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np
import pytest

from tests.support.paths import TINY
from ticktalk.converter.corpora.sentences import held_out_sentences
from ticktalk.converter.judging.speakers import VoiceSpeaker
from ticktalk.runtime_sim.voice import load_voice

if find_spec("keras") is None:
    pytest.skip("pip install 'ticktalk[convert]'", allow_module_level=True)
pytest.importorskip("hibari", reason="pip install 'ticktalk[convert]'")

from ticktalk.converter.export.finish import _judged


def test_a_voice_is_scored_as_loud_as_it_speaks(monkeypatch):
    gains, written = [], []

    def scored(speakers, sentences, teachers):
        gains.append(np.abs(speakers[0].say(sentences[0]).audio).max() / loudest)
        return SimpleNamespace(systems=[SimpleNamespace(means={"wer": 2.5})])

    def write(judged):
        written.append(judged)
        return replace(voice, manifest=voice.manifest | judged)

    voice = load_voice(TINY)
    loudest = np.abs(VoiceSpeaker(voice).say(held_out_sentences("en-us")[0]).audio).max()
    monkeypatch.setattr("ticktalk.converter.judging.loudness.loudness", lambda audio, rate: -29.02)
    monkeypatch.setattr("ticktalk.converter.judging.comparison.teachers_of", lambda speakers, sentences: [None])
    monkeypatch.setattr("ticktalk.converter.judging.evaluate.evaluate", scored)
    final = _judged(voice, write, print)
    assert written[-1] == {"scores": {"wer": 2.5}, "sound": {"lufs": -29.02, "gain": 512}}
    assert final.manifest["sound"]["gain"] == 512 and 1.8 < gains[0] < 2.1
