"""Test the scores of all sentences together, their confidence intervals, and the commands that judge voices."""

import importlib.util
import os
import sys

import numpy as np
import pytest

from tests.support.judged import BY_KEY, RATE, SENTENCE, noise, refused, scored
from tests.support.paths import TINY
from ticktalk.bundled import voice_folder
from ticktalk.converter.judging.comparison import teacher_of
from ticktalk.converter.judging.evaluate import evaluate, listen
from ticktalk.converter.judging.measures import estimate
from ticktalk.converter.judging.speakers import JudgedSpeech, VoiceSpeaker
from ticktalk.runtime_sim.voice import load_voice
from ticktalk.system.installing import pip_install

pytest.importorskip("librosa", reason="pip install 'ticktalk[evaluate]'")


@pytest.fixture(scope="module")
def heart():
    return VoiceSpeaker(load_voice(voice_folder("heart")))


def test_errors_are_shared_by_all_words():
    scores = [scored("one", 1, 2), scored("two", 0, 8)]
    assert BY_KEY["wer"].of(scores) == 10 and BY_KEY["cer"].of(scores) == 2
    assert BY_KEY["mcd"].of(scores) is None and estimate(BY_KEY["mcd"], scores) is None


def test_intervals():
    values = np.random.default_rng(3).normal(4, 0.5, 64)
    scores = [scored("", distillmos=value) for value in values]
    found = estimate(BY_KEY["distillmos"], scores)
    error = values.std() / 8  # standard error of the mean of 64 values
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.25 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.25 * error)
    assert found == estimate(BY_KEY["distillmos"], scores)
    one = estimate(BY_KEY["wer"], [scored("", 1)])
    assert (one.low, one.value, one.high) == (10, 10, 10)


def test_what_is_wrong_is_said_before_anybody_listens(tmp_path, monkeypatch):
    (tmp_path / "s.txt").write_text(f"{SENTENCE}\n")
    short = ["--voice", TINY, "--sentences", tmp_path / "s.txt"]
    refused(2, ["no/page.html"], "evaluate", *short, "--html", tmp_path / "no" / "page.html")
    refused(2, ["is a folder"], "evaluate", *short, "--html", tmp_path)
    refused(11, ["nothing.txt"], "evaluate", "--voice", TINY, "--sentences", tmp_path / "nothing.txt")
    refused(11, ["nobody"], "compare", *short, "--with", "nobody")
    refused(11, ["--with teacher", "tiny does not name a teacher"], "compare", *short, "--with", "teacher")
    monkeypatch.setenv("PATH", "")
    refused(10, ["apt install flite"], "compare", *short, "--with", "flite")
    paid = tmp_path / "paid.toml"
    paid.write_text(
        'engine = "openai"\nvoice = "v"\nmodel = "m"\nbase_url = "http://127.0.0.1:9/v1"\n[price]\n'
        'usd_per_million_characters = 10.0\nsource = "a list"\n'
    )
    pytest.importorskip("httpx", reason="pip install 'ticktalk[corpus]'")
    refused(11, ["paid.toml", "USD", "--yes"], "compare", *short, "--with", paid)
    assert sorted(os.listdir(tmp_path)) == ["paid.toml", "s.txt"]


def test_a_missing_package_leaves_no_page(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    refused(
        10,
        ["faster_whisper", pip_install("evaluate")],
        "evaluate",
        "--voice",
        TINY,
        "--html",
        tmp_path / "page.html",
    )
    assert not os.listdir(tmp_path)


def test_real_ears(heart, tmp_path):
    """Score two systems on one sentence with the real models."""
    if not all(map(importlib.util.find_spec, ("faster_whisper", "distillmos", "speechmos", "onnx"))):
        pytest.skip("pip install 'ticktalk[evaluate]'")
    from ticktalk.converter.judging.scores import LEAST, Judge, prepared

    judge, teacher = Judge(), teacher_of(heart, [SENTENCE])[0]
    found = evaluate([heart, teacher], [SENTENCE], {heart.teacher: teacher}, judge)
    own, theirs = found.systems
    assert own.teacher is teacher and theirs.teacher is None
    assert all(own.estimates[key] for key in BY_KEY if key != "similarity") and not theirs.estimates["mcd"]
    assert own.means["wer"] <= 25 and theirs.means["wer"] <= 25
    assert theirs.means["distillmos"] > own.means["distillmos"] - 0.3 > 2.5
    hiss = listen(judge, SENTENCE, JudgedSpeech(noise(2.0), RATE), None)
    assert hiss.errors >= 3 and hiss.distillmos < own.means["distillmos"] - 1

    train, bicycle = "The train leaves from the other platform.", "My brother bought a green bicycle."
    speech = prepared(heart.say(train).audio, RATE)
    buried = prepared(speech + 2 * np.resize(noise(2.0), speech.shape), RATE)
    assert 0 >= judge.likelihood(speech, train) > judge.likelihood(buried, train) + 1
    assert judge.likelihood(buried, train) > judge.likelihood(speech, bicycle) + 1 > np.log(LEAST) + 1


def test_the_loudness_of_a_tone_is_that_of_the_standard():
    """A full-scale 997 Hz sine in one channel has a loudness of -3.01 LUFS (ITU-R BS.1770-4)."""
    pytest.importorskip("pyloudnorm")
    from ticktalk.converter.judging.loudness import loudness, sound_of

    tone = np.sin(2 * np.pi * 997 * np.arange(48000) / 16000).astype(np.float32)
    assert loudness(tone, 16000) == pytest.approx(-3.01, abs=0.1)
    assert loudness(tone / 10, 16000) == pytest.approx(-23.01, abs=0.1)
    assert sound_of(-23.9) == {"lufs": -23.9} and sound_of(-29.02) == {"lufs": -29.02, "gain": 512}
