"""Test the checks of `ticktalk adapt`. test_distill.py tests the whole path with tiny data."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np
import pytest

from tests.support.front import assert_refused, ticktalk
from ticktalk.bundled import voice_folder
from ticktalk.converter.adapt import adapt, background, problem
from ticktalk.converter.errors import DistillError
from ticktalk.converter.teachers.teacher import Recording
from ticktalk.runtime_sim.voice import load_voice


def clip(noise: float = 0.0, gain: float = 1.0, rate: int = 16000) -> Recording:
    """Return two seconds in which a tone alternates with silence."""
    at = np.arange(2 * rate) / rate
    tone = 0.3 * gain * np.sin(2 * np.pi * 200 * at) * (np.sin(2 * np.pi * 2 * at) > 0)
    return Recording((np.clip(tone, -1, 1) + noise * np.random.default_rng(1).standard_normal(len(at))), rate)


@pytest.mark.parametrize(
    ("recording", "text", "words"),
    [
        (clip(), "It is seven thirty now.", None),
        (clip(noise=0.05), "It is seven thirty now.", "noise: the speech is only 1"),
        (clip(gain=9.0), "It is seven thirty now.", "clipped"),
        (clip(gain=0.001), "It is seven thirty now.", "silence"),
        (clip(rate=8000), "It is seven thirty now.", "recorded at 8000 Hz, but the voice's sample rate is 16000 Hz"),
        (clip(), "It is seven thirty now. " * 10, "far too short"),
        (clip(), "Something else was said.", "wrong text: 100 % of the words differ"),
    ],
)
def test_each_fault_of_a_clip_is_named(recording, text, words):
    found = problem(recording, text, 16000, lambda text, _: 0.0 if text.startswith("It is") else 1.0)
    assert (found is None) if words is None else words in (found or "")


def test_the_background_is_measured_in_decibels():
    """The tone is at -13.5 dB within its bursts, and the noise at -40 dB."""
    assert background(clip(noise=0.01)) == pytest.approx(26.5, abs=1.5)


@pytest.mark.parametrize("option", ["--consent", "--licence"])
def test_consent_and_licence_are_required(option, tmp_path):
    given = {
        "--from": "heart",
        "--recordings": tmp_path,
        "--out": tmp_path / "v",
        "--consent": "Yes",
        "--licence": "CC0",
    }
    arguments = [str(each) for pair in given.items() if pair[0] != option for each in pair]
    done = ticktalk("adapt", *arguments, cache=tmp_path)
    assert done.returncode == 2 and option in done.stderr
    assert_refused(ticktalk("adapt", *arguments, option, " ", cache=tmp_path), 11, option, "one line of text")


@pytest.mark.parametrize(
    ("teacher", "words"),
    [
        ("nobody", "no teacher 'nobody'"),
        ("spanish.toml", "--beside spanish.toml: this teacher speaks es, but voice 'heart' speaks en-us"),
    ],
)
def test_a_speaker_beside_is_refused_before_clips_are_heard(teacher, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "metadata.csv").write_text("a|Hello there.\n")
    (tmp_path / "a.wav").write_bytes(b"")
    (tmp_path / "spanish.toml").write_text('engine = "folder"\nvoice = "."\nlanguage = "es"\n')

    def hearing(language: str) -> None:
        raise AssertionError("Whisper was loaded")

    with pytest.raises(DistillError, match=words):
        adapt(
            load_voice(voice_folder("heart")),
            tmp_path,
            tmp_path / "v",
            "Yes",
            "CC0-1.0",
            hearing=hearing,
            beside=[teacher],
        )


class Scripted:
    """A stand-in for a student with given held-out losses. The student's weights equal the epoch number."""

    def __init__(self, losses: list[float]):
        self.losses, self.epoch = losses, 0

    def __call__(self, x: dict, training: bool) -> dict:
        return x

    def compute_loss(self, y: dict, y_pred: dict) -> float:
        self.epoch += 1
        return self.losses[self.epoch - 1]

    def get_weights(self) -> list[np.ndarray]:
        return [np.array(self.epoch)]


@pytest.mark.parametrize(
    ("losses", "stops", "best"),
    [([3, 2, 2.5, 2.1, 1], 4, 2), ([3, 2, 2.5, 1, 1, 1], 6, 4), ([3, 3, 3], 3, 1), ([4, 3, 2, 1], None, 4)],
)
def test_training_stops_when_the_held_out_loss_no_longer_falls(losses, stops, best, tmp_path):
    pytest.importorskip("keras", reason="pip install 'ticktalk[convert]'")
    from ticktalk.converter.training.budgets import Budget
    from ticktalk.converter.training.schedule import Schedule

    budget = Budget(steps=100)
    schedule = Schedule(tmp_path, budget, 0.1, ({}, {}), 0.0, print, lambda *_: None, 0.0, patience=2)
    schedule.set_model(Scripted(losses))
    stopped = None
    for epoch in range(1, len(losses) + 1):
        state = {"epoch": epoch, "seconds": 0.0}
        schedule._compare(state)
        assert state["held_out"] == losses[epoch - 1]
        if state.get("stopped"):
            assert budget.used(state) == 1
            stopped = epoch
            break
    assert stopped == stops and schedule.kept == [best]
