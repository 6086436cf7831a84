"""Conversion to other sample rates loses or adds nothing audible, and does not depend on how the samples are split."""

import numpy as np
import pytest

from ticktalk.runtime_sim.output_rate import BITS, RATES, STOP, OutputRate, filters

CASES = [(16000, rate) for rate in RATES if rate != 16000]


def response(source: int, target: int) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies in Hz, and the gain of the filter at each. The filter runs at source * up Hz."""
    up, _, table = filters(source, target)
    taps = table.shape[1]
    whole = np.zeros(up * taps + up)
    for phase in range(up):
        whole[np.arange(taps) * up + up - phase] = table[phase]
    size = 1 << 18 if up < 10 else 1 << 20
    return np.fft.rfftfreq(size, 1 / (source * up)), np.abs(np.fft.rfft(whole, size)) / up / 2**BITS


@pytest.mark.parametrize(("source", "target"), CASES)
def test_ripple_and_stop_band(source, target):
    """The rounded filter attenuates by at least 65 dB above half of the lower rate, and has at most 0.01 dB of
    ripple."""
    frequency, gain = response(source, target)
    taps = filters(source, target)[2].shape[1]
    stop = min(source, target) / 2
    edge = stop - (STOP - 7.95) / (14.36 * taps) * source
    assert 20 * np.log10(gain[frequency >= stop].max()) < -65
    passed = gain[frequency <= edge]
    assert 20 * np.log10(passed.max() / passed.min()) < 0.01 and edge > 0.8 * stop


@pytest.mark.parametrize(("source", "target"), [*CASES, (16000, 16000)])
def test_pieces_of_any_size_give_the_same(source, target):
    rng = np.random.default_rng(1)
    pcm = rng.integers(-32768, 32768, 1003).astype(np.int16)
    whole = OutputRate(source, target)
    expected = np.concatenate([whole.push(pcm), whole.finish()])
    assert len(expected) == -(-len(pcm) * target // source)
    pieces, parts, at = OutputRate(source, target), [], 0
    while at < len(pcm):
        size = int(rng.integers(0, 70))
        parts.append(pieces.push(pcm[at : at + size]))
        at += size
    assert np.array_equal(np.concatenate([*parts, pieces.finish()]), expected)
    if source == target:
        assert np.array_equal(expected, pcm)


@pytest.mark.parametrize(("source", "target"), CASES)
def test_a_tone_keeps_its_frequency_and_place(source, target):
    t = np.arange(4000)
    pcm = np.rint(20000 * np.sin(2 * np.pi * 1000 * t / source)).astype(np.int16)
    output = OutputRate(source, target)
    made = np.concatenate([output.push(pcm), output.finish()])
    ideal = 20000 * np.sin(2 * np.pi * 1000 * np.arange(len(made)) / target)
    middle = slice(200, -200)
    error = made[middle] - ideal[middle]
    assert 10 * np.log10((ideal[middle] ** 2).mean() / (error**2).mean()) > 60


def test_loud_samples_saturate_and_do_not_overflow():
    for source, target in CASES:
        for phase in filters(source, target)[2].astype(np.int64):
            assert np.abs(phase).sum() * 32768 + (1 << (BITS - 1)) < 2**31
