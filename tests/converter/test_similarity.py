"""Test the similarity of speakers. The first test needs resemblyzer, the others use a simple encoder in its place."""

import sys

import numpy as np
import pytest

from tests.support.judged import RATE, SENTENCE, harmonic, refused
from tests.support.paths import TINY
from ticktalk.bundled import voice_folder
from ticktalk.converter.errors import UNDEMANDING, DistillError
from ticktalk.converter.judging import similarity
from ticktalk.converter.judging.evaluate import evaluate
from ticktalk.converter.judging.scores import prepared
from ticktalk.converter.judging.similarity import KnownVoice, recordings_in
from ticktalk.converter.judging.speakers import JudgedSpeaker, JudgedSpeech
from ticktalk.runtime_sim.speech import speak_text
from ticktalk.runtime_sim.voice import load_voice

soundfile = pytest.importorskip("soundfile", reason="pip install 'ticktalk[evaluate]'")


class Deaf:
    """Stand in for scores.Judge: it hears every word, and likes everything."""

    def words(self, text):
        return text.split()

    def transcribe(self, wav):
        return SENTENCE

    def distillmos(self, wav):
        return 4.0

    dnsmos = distillmos


class Singer(JudgedSpeaker):
    """Sing every sentence at one pitch."""

    def __init__(self, name, f0, teacher=None):
        super().__init__()
        self.name, self.language, self._f0, self.teacher = name, "en-us", f0, teacher

    def _say(self, sentence):
        frames = np.full(100, np.log(self._f0))  # without a pitch, it would be tracked, which takes seconds
        return JudgedSpeech(harmonic(self._f0), RATE, log_f0=frames, voiced=frames > 0, frame=0.01)


@pytest.fixture
def by_pitch(monkeypatch):
    """Replace resemblyzer by the spectrum, which differs between the pitches of singers."""
    monkeypatch.setattr(similarity, "encoder", lambda: lambda wav: np.abs(np.fft.rfft(wav, RATE)))


def test_resemblyzer_tells_speakers_apart():
    pytest.importorskip("resemblyzer", reason=UNDEMANDING)
    joe, heart = (load_voice(voice_folder(name)) for name in ("joe", "heart"))

    def said(voice, text):
        return prepared(np.concatenate(list(speak_text(voice, text))), voice.manifest["sample_rate"])

    known = KnownVoice([said(joe, "Turn left after the old bridge."), said(joe, "The kettle is boiling.")])
    assert known.similarity(said(joe, SENTENCE)) > 0.8 > 0.7 > known.similarity(said(heart, SENTENCE))


def test_speakers_are_compared_with_the_teacher_but_the_teacher_is_not(by_pitch):
    pair = ("piper", "")
    low, high, teacher = Singer("low", 100, pair), Singer("high", 163, pair), Singer("teacher", 100)
    low_one, high_one, own = evaluate([low, high, teacher], [SENTENCE], {pair: teacher}, Deaf()).systems
    assert low_one.means["similarity"] == pytest.approx(1) and high_one.means["similarity"] < 0.6
    assert own.estimates["similarity"] is None
    known = KnownVoice([harmonic(163)])
    low_one, own = evaluate([low, teacher], [SENTENCE], {pair: teacher}, Deaf(), known).systems
    assert low_one.means["similarity"] == pytest.approx(own.means["similarity"]) and own.means["similarity"] < 0.6


def test_each_speaker_is_compared_with_its_own_teacher(by_pitch):
    speakers = [Singer(name, f0, ("piper", name)) for name, f0 in (("low", 100), ("high", 163))]
    teachers = {("piper", "low"): Singer("one", 100), ("piper", "high"): Singer("other", 163)}
    stranger = Singer("stranger", 100)
    low, high, other = evaluate([*speakers, stranger], [SENTENCE], teachers, Deaf()).systems
    assert low.means["similarity"] == pytest.approx(1) == high.means["similarity"]
    assert low.means["mcd"] == high.means["mcd"] == 0 and low.teacher is not high.teacher
    assert other.estimates["similarity"] is None and other.estimates["mcd"] is None


def test_without_resemblyzer_there_is_no_similarity(monkeypatch):
    similarity.encoder.cache_clear()
    monkeypatch.setitem(sys.modules, "resemblyzer", None)
    low, teacher = Singer("low", 100, ("piper", "")), Singer("teacher", 100)
    (found,) = evaluate([low], [SENTENCE], {low.teacher: teacher}, Deaf()).systems
    assert found.estimates["similarity"] is None and found.means["mcd"] == 0


def test_the_folder_to_resemble_is_checked(by_pitch, monkeypatch, tmp_path):
    with pytest.raises(DistillError, match="contains no .wav files, directly or in wavs/"):
        recordings_in(tmp_path)
    soundfile.write(tmp_path / "one.wav", harmonic(100, rate=22050), 22050)
    (one,) = recordings_in(tmp_path)
    assert len(one) == RATE and KnownVoice([one]).similarity(prepared(harmonic(100), RATE)) > 0.9
    (tmp_path / "wavs").mkdir()
    (tmp_path / "wavs" / "bad.wav").write_bytes(b"no recording")
    with pytest.raises(DistillError, match="bad.wav: not a WAV file"):
        recordings_in(tmp_path)
    refused(11, ["--like", "absent", "is not a folder"], "evaluate", "--voice", TINY, "--like", tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    refused(11, ["--like", "empty", "no .wav"], "evaluate", "--voice", TINY, "--like", tmp_path / "empty")
    for silent in (np.zeros(9000), np.zeros(0), np.full(9000, np.nan)):
        soundfile.write(tmp_path / "wavs" / "bad.wav", silent, RATE, subtype="FLOAT")
        with pytest.raises(DistillError, match="bad.wav: contains no speech; remove it"):
            recordings_in(tmp_path)
    monkeypatch.undo()
    similarity.encoder.cache_clear()
    monkeypatch.setitem(sys.modules, "resemblyzer", None)
    (tmp_path / "wavs" / "bad.wav").unlink()
    soundfile.write(tmp_path / "wavs" / "one.wav", harmonic(100), RATE)
    refused(10, ["resemblyzer", UNDEMANDING], "evaluate", "--voice", TINY, "--like", tmp_path)
