"""Decompose recordings: recover known pulses, filters and noise, and reproduce the recording from its parts."""

import numpy as np
import pytest

from ticktalk.converter.features.decompose import (
    UNIT,
    decompose,
    istft,
    phase,
    pitch,
    polarity,
    pulse_train,
    stft,
)
from ticktalk.converter.features.from_recordings import in_frames
from ticktalk.converter.geometry import GEOMETRY

RATE, HOP = GEOMETRY.rate, GEOMETRY.hop


def spoken(f0: np.ndarray, sign: int = 1) -> np.ndarray:
    """Return int16 speech: pulses filtered by three resonances.

    `f0` is the pitch of each frame in Hz, 0 if unvoiced.
    """
    size = len(f0) * HOP
    hertz = np.arange(size // 2 + 1) * RATE / size
    sound = np.fft.irfft(np.fft.rfft(sign * pulse_train(*phase(f0, size))) * response(hertz), size)
    return np.rint(sound / np.abs(sound).max() * 0.4 * 32767).astype(np.int16)


def response(hertz: np.ndarray) -> np.ndarray:
    """Return the filter of `spoken`: three resonances, the second and third weaker."""
    return sum(1 / (1 + 1j * (hertz - centre) / 90) / (i + 1) for i, centre in enumerate((500, 1500, 2500)))


def again(parts, frames: int, seed: int = 2) -> np.ndarray:
    """Resynthesise the parts with a floating-point vocoder that uses the pulses extracted from the recording."""
    harmonic, turn, noise = (parts.spectrum[:, i].astype(float) for i in range(3))
    z = np.random.default_rng(seed).standard_normal((frames, 401, 2)) @ [1, 1j]
    pulses = stft(parts.pulses.astype(float), frames)
    return istft((np.exp(harmonic + 1j * np.pi * turn) * (parts.f0 > 0)[:, None] * pulses + np.exp(noise) * z) / UNIT)


GLIDE = np.concatenate([np.zeros(20), np.linspace(90, 160, 100), np.zeros(20), np.linspace(230, 180, 60), np.zeros(20)])


def test_the_pitch_of_pulses_without_a_fundamental():
    """Telephones and cheap microphones remove the fundamental."""
    audio = spoken(GLIDE).astype(float) / 32768
    spectrum = np.fft.rfft(audio)
    spectrum[: int(250 / RATE * len(audio))] = 0
    hum = np.random.default_rng(1).standard_normal(len(audio)) * 0.003
    found = pitch(np.fft.irfft(spectrum, len(audio)) + hum, len(GLIDE))
    both = (found > 0) & (GLIDE > 0)
    # The windows overlap voiced frames at both ends, so a few unvoiced frames may count as voiced.
    assert both.sum() > 0.9 * (GLIDE > 0).sum() and (found[GLIDE == 0] > 0).sum() <= 16
    assert np.abs(1200 * np.log2(found[both] / GLIDE[both])).max() < 60


def test_what_lies_above_the_harmonics_of_the_pulses_is_noise():
    hiss = np.random.default_rng(1).standard_normal(len(GLIDE) * HOP) * 0.003
    spectrum = decompose(spoken(GLIDE) / 32768 + hiss, 1).spectrum[40:100].astype(float)
    assert (spectrum[:, 0, 375:] < -16).all() and (spectrum[:, 0, :370] > -16).all()
    assert spectrum[:, 2, 380:395].mean() > spectrum[:, 2, 350:370].mean()


@pytest.mark.parametrize("hertz, within", [(90, 1.5), (150, 1.5), (250, 1.5), (380, 6.0)])
def test_the_filter_is_known_between_the_harmonics_too(hertz, within):
    """A student's own pitch puts harmonics where the recording had none."""
    f0 = np.full(80, float(hertz))
    filter_ = decompose(spoken(f0) / 32768, 1).spectrum[20:60, 0].astype(float).mean(0)
    bins = np.arange(GEOMETRY.bin_at(hertz), GEOMETRY.bin_at(3500))
    off = 20 / np.log(10) * (filter_[bins] - np.log(np.abs(response(bins * RATE / GEOMETRY.n_fft))))
    # in dB; harmonics 380 Hz apart leave out most of a resonance that is 180 Hz wide
    assert np.percentile(np.abs(off - np.median(off)), 90) < within


@pytest.mark.parametrize("sign", [1, -1])
def test_parts_make_the_recording_again(sign):
    audio = spoken(GLIDE, sign)
    assert polarity([audio]) == sign
    parts = decompose(audio / 32768, sign)
    made, wanted = again(parts, len(GLIDE)), audio / 32768
    inside = np.repeat(np.convolve(GLIDE > 0, np.ones(9), "same") == 9, HOP)
    assert 10 * np.log10((wanted[inside] ** 2).sum() / ((made - wanted)[inside] ** 2).sum()) > 15
    middle = slice(40, 100)
    assert np.abs(1200 * np.log2(parts.f0[middle] / GLIDE[middle])).max() < 40
    # The rotation does not depend on the frame's position within a period. Like the filter, which is constant in this
    # test, the rotation varies slowly.
    low = parts.spectrum[middle, 1, 20:100].astype(float)
    assert np.abs(np.diff(np.unwrap(low, axis=0, period=2), axis=0)).mean() < 0.1


def test_noise_comes_back_as_loud_and_as_short_as_it_was():
    audio = np.zeros(80 * HOP, np.int16)
    audio[38 * HOP : 42 * HOP] = np.random.default_rng(3).standard_normal(4 * HOP) * 3000
    parts = decompose(audio / 32768, 1)
    assert not parts.f0.any()
    made = np.mean([again(parts, 80, seed) ** 2 for seed in range(20)], 0).reshape(-1, HOP).mean(1)
    wanted = ((audio / 32768.0) ** 2).reshape(-1, HOP).mean(1)
    assert abs(10 * np.log10(made.sum() / wanted.sum())) < 1
    assert made[[34, 45]].max() < 0.01 * made[40]


@pytest.mark.parametrize(
    "durations, frames, wanted",
    [
        ([400, 600, 1000], 10, [2, 3, 5]),
        ([50, 50, 1900], 10, [1, 1, 8]),
        ([1900, 50, 50], 10, [8, 1, 1]),
        ([0, 0, 400], 2, None),
    ],
)
def test_durations_in_frames(durations, frames, wanted):
    found = in_frames(np.array(durations), frames)
    assert (found is None) if wanted is None else found.tolist() == wanted
