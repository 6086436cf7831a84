"""Test distances from the teacher: spectrum, pitch, energy and durations.

The inputs are real speech and synthetic speech with known differences.
"""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.judged import BY_KEY, RATE, SENTENCE, harmonic, noise, scored
from ticktalk.bundled import voice_folder
from ticktalk.converter.judging.comparison import teacher_of
from ticktalk.converter.judging.distance import (
    HOP,
    cepstra,
    duration_errors,
    energy_errors,
    pitch_pairs,
    tracked,
    warped,
)
from ticktalk.converter.judging.speakers import JudgedSpeech, VoiceSpeaker
from ticktalk.runtime_sim.errors import TextError
from ticktalk.runtime_sim.speech import speak_text
from ticktalk.runtime_sim.voice import load_voice

librosa = pytest.importorskip("librosa", reason="pip install 'ticktalk[evaluate]'")


@pytest.fixture(scope="module")
def heart():
    return VoiceSpeaker(load_voice(voice_folder("heart")))


def distortion(one, other):
    return warped(cepstra(one), cepstra(other))[0]


def test_distortion_does_not_hear_the_volume_or_the_rate():
    speech = JudgedSpeech(noise(), RATE)
    assert distortion(speech, speech) == 0
    assert distortion(speech, replace(speech, audio=speech.audio * 0.25)) < 1e-4
    # Resampling to 48 kHz does not change the content below 8 kHz.
    import soxr

    assert distortion(speech, JudgedSpeech(soxr.resample(speech.audio, RATE, 48000), 48000)) < 0.6


def test_distortion_is_the_difference_of_smooth_spectra_in_decibels():
    from scipy.fft import dct
    from scipy.signal import lfilter

    one = noise(2.0)
    taps = np.array([1.0, -0.7])
    found = distortion(JudgedSpeech(one, RATE), JudgedSpeech(lfilter(taps, 1, one).astype(np.float32), RATE))
    # The expected result is the filter's response in the mel bands, without its mean and without detail beyond 13
    # coefficients.
    bands = librosa.filters.mel(sr=RATE, n_fft=512, n_mels=40)
    power = np.abs(np.fft.rfft(taps, 512)) ** 2
    response = dct(10 * np.log10((bands @ power) / bands.sum(1)), norm="ortho")[1:14]
    assert found == pytest.approx(np.linalg.norm(response) / np.sqrt(40), rel=0.1)


def test_warping_finds_the_way():
    one = np.random.default_rng(0).normal(size=(50, 4))
    twice = np.repeat(one, 2, axis=0)
    distance, path = warped(one, twice)
    assert distance == pytest.approx(0, abs=1e-6) and (path[:, 1] // 2 == path[:, 0]).all()
    assert tuple(path[0]) == (0, 0) and tuple(path[-1]) == (49, 99)


def sung(durations, cents=0.0, voiced=None, frame=0.0125, ids=(0, 5, 6, 0)):
    """Return speech in which the pitch of each phoneme has its own slope, so only the correct alignment matches."""
    durations = np.asarray(durations, float)
    ends = np.concatenate([[0], np.cumsum(durations)])
    at = (np.arange(round(ends[-1] / frame)) + 0.5) * frame
    place = np.interp(at, ends, np.arange(len(ends)))
    log_f0 = np.log(180) + 0.2 * np.sin(2 * place) + cents / 1200 * np.log(2)
    return JudgedSpeech(
        np.zeros(round(ends[-1] * RATE), np.float32),
        RATE,
        np.asarray(ids),
        durations,
        log_f0,
        np.ones(len(at), bool) if voiced is None else voiced(place),
        frame,
    )


def test_pitch_is_compared_phoneme_by_phoneme():
    one, other = sung([0.1, 0.3, 0.2, 0.1]), sung([0.2, 0.25, 0.5, 0.1], cents=100, frame=0.005)
    pairs = pitch_pairs(one, other, np.zeros((1, 2), int))  # the path is not used
    assert len(pairs) == len(one.log_f0)
    score = [scored("", pitch=pairs)]
    assert BY_KEY["f0_rmse"].of(score) == pytest.approx(100, abs=6)
    assert BY_KEY["f0_correlation"].of(score) > 0.995
    flat = np.stack([pairs[:, 0], np.full(len(pairs), 5.0)], 1)
    assert BY_KEY["f0_correlation"].of([scored("", pitch=flat)]) is None


def test_pitch_counts_where_both_have_a_voice():
    one = sung([0.2, 0.2, 0.2, 0.2], voiced=lambda place: place < 2.99)
    other = sung([0.4, 0.2, 0.2, 0.2], voiced=lambda place: place > 1.01)
    assert len(pitch_pairs(one, other, None)) == pytest.approx(2 * 0.2 / 0.0125, abs=1)


def test_pitch_that_nobody_tells_is_tracked():
    one = JudgedSpeech(harmonic(150), RATE)
    other = JudgedSpeech(harmonic(150 * 2 ** (1 / 12), 1.5, 22050), 22050)
    _, path = warped(cepstra(one), cepstra(other))
    assert path[-1][0] * HOP / RATE == pytest.approx(1.0, abs=0.01)
    pairs = pitch_pairs(one, other, path)
    assert len(pairs) > 50 and BY_KEY["f0_rmse"].of([scored("", pitch=pairs)]) == pytest.approx(100, abs=12)


def test_energy():
    whole = noise(2.0)
    at = np.arange(len(whole)) / RATE
    one, other = JudgedSpeech(whole, RATE), JudgedSpeech(whole * np.where(at < 1, 0.5, 0.25).astype(np.float32), RATE)
    straight = np.repeat(np.arange(401)[:, None], 2, axis=1)
    # The halves differ by 6 dB, so each is 3 dB from the mean.
    assert BY_KEY["energy_rmse"].of([scored("", energy=energy_errors(one, other, straight))]) == pytest.approx(
        3.01, abs=0.05
    )
    assert np.abs(energy_errors(one, replace(one, audio=whole / 3), straight)).max() < 1e-3
    # The first phoneme takes twice as long, and both systems report its duration.
    slow = JudgedSpeech(np.concatenate([whole[:RATE], whole]), RATE, np.array([1, 2]), np.array([2.0, 1.0]))
    steady = JudgedSpeech(whole, RATE, np.array([1, 2]), np.array([1.0, 1.0]))
    assert np.abs(energy_errors(steady, slow, straight)[200:]).std() < 0.05


def test_durations():
    one, other = sung([0.1, 0.3, 0.2, 0.1]), sung([0.1, 0.25, 0.225, 0.2])
    errors = duration_errors(one, other)
    assert errors == pytest.approx([0, 50, 25, 100])
    score = [scored("", durations=errors)]
    assert (BY_KEY["duration_error"].of(score), BY_KEY["duration_error_mean"].of(score)) == (37.5, 43.75)
    assert duration_errors(one, sung([0.1, 0.3, 0.2, 0.1], ids=(0, 5, 7, 0))) is None
    assert duration_errors(one, JudgedSpeech(noise(), RATE)) is None


def test_a_voice_says_what_the_watch_says_and_tells_what_it_meant(heart):
    text = "Well done! You walked nine hundred steps before lunch."
    speech = heart.say(text)
    pcm = np.concatenate(list(speak_text(load_voice(voice_folder("heart")), text)))
    assert np.array_equal(speech.audio * 32768, pcm)
    assert (
        speech.durations.sum() == pytest.approx(speech.seconds) and len(speech.log_f0) == speech.seconds / speech.frame
    )
    log_f0, frame = tracked(speech)
    heard = replace(speech, log_f0=log_f0, voiced=np.isfinite(log_f0), frame=frame)
    pairs = pitch_pairs(speech, heard, None)
    difference = pairs[:, 0] - pairs[:, 1]
    assert len(pairs) > 100 and abs(np.median(difference)) < 0.02
    assert np.median(np.abs(difference)) < 0.04  # in log frequency, where a semitone is 0.058
    with pytest.raises(TextError, match="voice heart cannot pronounce anything in the sentence '_'"):
        heart.say("_")


def test_a_voice_is_near_its_teacher(heart):
    pytest.importorskip("onnx", reason="pip install 'ticktalk[corpus]'")
    teacher, why = teacher_of(heart, [SENTENCE])
    assert teacher.name == "teacher hibari:heart" and not why
    own, theirs = heart.say(SENTENCE), teacher.say(SENTENCE)
    same, path = warped(cepstra(own), cepstra(theirs))
    assert np.median(duration_errors(own, theirs)) < 30
    assert BY_KEY["f0_correlation"].of([scored("", pitch=pitch_pairs(own, theirs, path))]) > 0.7
    assert same < distortion(own, teacher.say("Turn left after the bridge."))
