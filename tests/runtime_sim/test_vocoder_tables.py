"""Test the vocoder's tables and FFT, and compare its synthesis with a floating-point implementation."""

import hashlib

import numpy as np
import pytest

from tests.support import vocoder_float
from tests.support.vocoders import OUTPUTS, PITCH_OFFSET, SIZES, smooth_heads
from ticktalk.runtime_sim.errors import VoiceError
from ticktalk.runtime_sim.vocoder import fft
from ticktalk.runtime_sim.vocoder import tables as vocoder_tables
from ticktalk.runtime_sim.vocoder.synthesis import Vocoder


@pytest.mark.parametrize("n_fft, hop", SIZES)
def test_no_constant_depends_on_the_last_bit_of_a_libm(n_fft, hop, monkeypatch):
    """No double is rounded so close to a tie that differences between math libraries could change the result."""
    distances = []

    def watched(values):
        scaled = np.asarray(values, np.float64)
        room = np.abs(np.abs(scaled - np.floor(scaled)) - 0.5) / np.maximum(np.abs(scaled), 1)
        distances.append(room.min())
        return np.round(values)

    monkeypatch.setattr(np, "rint", watched)
    (
        vocoder_tables.plan(n_fft),
        vocoder_tables.analysis_window(n_fft),
        vocoder_tables.synthesis_window(n_fft, hop),
        vocoder_tables.pulse(),
    )
    vocoder_tables.pitch_shift()
    assert len(distances) >= 8 and min(distances) > 16 * np.finfo(float).eps


def test_constants_are_the_ones_of_the_specification():
    """The SHA-256 of the tables for n_fft 800 and hop 200 is the same on every machine."""
    plan = vocoder_tables.plan(800)
    arrays = [
        vocoder_tables.analysis_window(800),
        vocoder_tables.synthesis_window(800, 200),
        vocoder_tables.pulse(),
        plan.split,
        plan.position.astype(np.uint16),
        *(stage.twiddles for stage in plan.stages),
    ]
    digest = hashlib.sha256(
        b"".join(array.astype(array.dtype.newbyteorder("<")).tobytes() for array in arrays)
    ).hexdigest()
    assert digest == "5b742caea190f13b646ad4bcada46abf9ba24fd3acc388d1dc7850dddc7838f2"


def test_voice_tables_hold_the_real_values():
    tables = vocoder_tables.tables_of_voice(OUTPUTS, factor=2 / 3, channels=4, pitch_offset=PITCH_OFFSET)
    scale, zero = OUTPUTS["harmonic"]
    assert tables["harmonic_gain"][40 + 128] == round(np.exp((40 - zero) * scale) * 2 / 3 * 2**22)
    assert len(tables["pitch"]) == 4 * 255 + 1
    hertz = tables["pitch"] / 2**32 * 16000
    assert abs(hertz[0] - np.exp(4.1)) < 0.5 and abs(hertz[-1] - np.exp(6.05)) < 2
    assert tables["rotation_cos"][round(OUTPUTS["rotation"][1]) + 128] == 32767
    assert (np.arange(-128, 128) > tables["voicing_threshold"]).sum() == 128
    assert tables["free_zero_point"].tolist() == [3, -2]
    linear = vocoder_tables.gain_table(0.5, 0, 4, log=False)
    assert linear[128 + 10] == 80 and linear[0] == 0


def test_tables_that_would_overflow_are_refused():
    tables = vocoder_tables.tables_of_voice(OUTPUTS, pitch_offset=PITCH_OFFSET)
    for name, value in (("pitch", 1), ("harmonic_gain", 2**31), ("free_gain", 2**23)):
        with pytest.raises(VoiceError, match=name):
            Vocoder(tables | {name: np.full_like(tables[name], value)}, 200, 800)
    for n_fft, hop in ((700, 200), (256, 128), (800, 201), (800, 401)):
        with pytest.raises(VoiceError):
            Vocoder(tables, hop, n_fft)


@pytest.mark.parametrize("n_fft", [512, 640, 800, 1024])
def test_fft_there_and_back(n_fft):
    """The forward and inverse transforms are accurate to 1e-5 of the maximum of the double-precision transform.

    The inputs cover the full input range.
    """
    rng, plan = np.random.default_rng(n_fft), vocoder_tables.plan(n_fft)
    x = rng.integers(-(2**20), 2**20, (4, n_fft))
    x[0] = 2**20
    z = x.reshape(4, -1, 2).copy()
    fft.forward(z, plan)
    re, im = fft.spectrum(z, plan)
    wanted = 2 * np.fft.rfft(x)[:, 1:-1]
    assert np.abs(re[:, 1:] + 1j * im[:, 1:] - wanted).max() < 1e-5 * np.abs(wanted).max()
    bins = rng.integers(-(2**19), 2**19, (2, 4, n_fft // 2))
    bins[..., 0] = 0
    z = fft.signal_bins(*bins, plan)
    fft.inverse(z, plan)
    wanted = np.fft.irfft(np.pad(bins[0] + 1j * bins[1], ((0, 0), (0, 1))), n_fft) * n_fft
    assert np.abs(z.reshape(4, -1) - wanted).max() < 1e-5 * np.abs(wanted).max()


@pytest.mark.parametrize("n_fft", [512, 640, 800])
def test_integer_synthesis_is_close_to_float(n_fft):
    """The error is at least 36 dB below the signal.

    The reference is a double-precision synthesis with the same heads, pitch and noise.
    """
    heads, frames, hop = smooth_heads(96, n_fft), 96, 200
    tables = vocoder_tables.tables_of_voice(OUTPUTS, factor=n_fft / 1200, pitch_offset=PITCH_OFFSET)
    vocoder = Vocoder(tables, hop, n_fft, seed=7)
    noise = np.zeros((frames, n_fft // 2 + 1), complex)
    drawn, _ = vocoder.noise(frames, 7)
    noise[:, 1:-1] = drawn @ [1, 1j] / 2**31 * np.sqrt(3)
    real = {role: (heads[role].astype(float) - OUTPUTS[role][1]) * OUTPUTS[role][0] for role in heads}
    f0 = np.where(real["voicing"][:, 0] > 0.5, np.exp(real["pitch"][:, 0] + PITCH_OFFSET), 0)
    wanted = vocoder_float.synthesise(real, f0, hop, n_fft, 16000, n_fft / 1200, noise) * 32768
    pcm = vocoder.frames(heads)
    assert 10 * np.log10(np.sum(wanted**2) / np.sum((pcm - wanted) ** 2)) > 36
    assert np.abs(pcm).max() > 3000


def test_noise_is_white_and_depends_on_the_seed():
    vocoder = Vocoder(vocoder_tables.tables_of_voice(OUTPUTS, pitch_offset=PITCH_OFFSET), 200, 800)
    noise, state = vocoder.noise(500, 1)
    assert abs(noise.mean() / 2**31) < 0.005 and abs(noise.std() / 2**31 - 3**-0.5) < 0.005
    flat = noise.reshape(-1) / 2**31
    for lag in (1, 2, 399, 798, 1596):
        assert abs(np.mean(flat[lag:] * flat[:-lag])) < 0.005
    again, _ = vocoder.noise(1, state)
    longer, _ = vocoder.noise(501, 1)
    np.testing.assert_array_equal(again[0], longer[500])
