"""Test the gain, the equaliser and the limiter of the vocoder, against SciPy's filters and exact arithmetic."""

from fractions import Fraction
from importlib.util import find_spec

import numpy as np
import pytest

from ticktalk.runtime_sim.vocoder.finish import (
    COEFFICIENT_BITS,
    EQUALISERS,
    GAINS,
    KNEE,
    ROOM,
    SAMPLE_BITS,
    Finish,
    equalised,
    high_pass,
    limited,
    peak,
)

RATES = (8000, 16000, 22050, 24000)
pytestmark = pytest.mark.skipif(not find_spec("scipy"), reason="pip install 'ticktalk[evaluate]'")


def test_the_limiter_bends_only_above_the_knee():
    x = np.arange(-(1 << 17), 1 << 17)
    y = limited(x).astype(int)
    np.testing.assert_array_equal(y[np.abs(x) <= KNEE], x[np.abs(x) <= KNEE])
    steps = np.diff(y)
    assert set(steps.tolist()) == {0, 1} and y[-1] == 32767
    np.testing.assert_array_equal(limited(-x), -limited(x))
    assert limited(np.array([KNEE + ROOM - 1, KNEE + ROOM])).tolist() == [32767, 32767]
    for over in (1, 2, 181, 182, 9000, ROOM):  # exact: K + d - floor(d^2 / 2^15)
        assert limited(np.array([KNEE + over])).item() == KNEE + over - Fraction(over * over, 1 << 15).__floor__()
    far = np.array([-(2**29), 2**29])
    assert limited(far).tolist() == [-32767, 32767]


def test_a_gain_multiplies_the_volume():
    sums = np.arange(-90000, 90000, 7)
    np.testing.assert_array_equal(Finish().samples(sums, 256, 16000), (sums + 4) >> 3)
    np.testing.assert_array_equal(Finish(128).samples(sums, 512, 16000), Finish(256).samples(sums, 256, 16000))
    assert 512 * GAINS[1] > (1 << 18) - 1  # the product is limited only near the largest gain and volume
    loudest = Finish(GAINS[1]).samples(sums, 512, 16000)
    np.testing.assert_array_equal(loudest, limited((sums * ((1 << 18) - 1) * (1 << 13) + (1 << 31)) >> 32))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", EQUALISERS)
def test_an_equaliser_has_the_response_of_its_design_and_cannot_overflow(name, rate):
    """No section's output can reach 2^31. The output differs from that of a float64 filter by less than 0.7."""
    from scipy import signal

    sections = Finish(equaliser=name).sections(rate)
    sos = np.array([[*s[:3], 2**COEFFICIENT_BITS, -s[3], -s[4]] for s in sections]).reshape(-1, 6) / 2**COEFFICIENT_BITS
    impulse = np.zeros(rate)
    impulse[0] = 1
    reach = 1.0
    for row in sos:
        impulse = signal.sosfilt(row[None], impulse)
        reach = max(reach, np.abs(impulse).sum())
    assert reach * 2 ** (17 + SAMPLE_BITS) < 2**31 * 0.99
    assert all(abs(value) < 2**31 for section in sections for value in section)
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.integers(-32768, 32768, 4000), np.zeros(rate // 2, int)])
    wanted = signal.sosfilt(sos, x) if len(sos) else x
    got = equalised(x, sections)
    assert np.abs(got - wanted).max() < 0.7 and not got[-100:].any()  # silence after speech
    worst = np.sign(impulse[::-1][-4000:]).astype(int) << 20  # the input that drives the output furthest
    assert np.abs(equalised(worst, sections)).max() <= reach * 2**17 + 1


def test_the_sections_are_the_textbook_filters():
    from scipy import signal

    b, a = signal.butter(2, 350, "highpass", fs=16000)
    np.testing.assert_allclose(
        np.array(high_pass(350, 16000)) / 2**COEFFICIENT_BITS, [*b, *-a[1:]], atol=2**-COEFFICIENT_BITS
    )
    _, h = signal.freqz(*_polynomials(peak(2500, 4, 0.8, 16000)), worN=[100, 2500, 7900], fs=16000)
    np.testing.assert_allclose(20 * np.log10(np.abs(h)), [0, 4, 0], atol=0.05)


def _polynomials(section):
    b0, b1, b2, a1, a2 = (value / 2**COEFFICIENT_BITS for value in section)
    return [b0, b1, b2], [1, -a1, -a2]


@pytest.mark.parametrize("name", EQUALISERS)
def test_no_coefficient_depends_on_the_last_bit_of_a_libm(name, monkeypatch):
    distances = [0.5]
    rounded = np.rint
    monkeypatch.setattr(np, "rint", lambda x: distances.append(abs(abs(x - np.floor(x)) - 0.5)) or rounded(x))
    for rate in RATES:
        Finish(equaliser=name).sections(rate)
    assert min(distances) > 2**-20
