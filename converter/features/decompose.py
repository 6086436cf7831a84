"""Decompose a recording into the vocoder's components: a pulse train through a smooth filter, and noise.

Use this module for teachers that provide only audio. To align the pulses with those in the recording, the pitch is
tracked and integrated into a phase. The phase is then shifted until the pulses coincide with the glottal closures,
which the whitened cross-correlation locates. The filter minimises the squared error between the filtered pulses and the
recording in each neighbourhood of bins, and is interpolated between the harmonics:

    G = smooth(S conj P) / smooth(|P|^2),       S, P: transforms of the recording and the pulses.

The magnitude of G is the harmonic magnitude, its angle is the rotation, and the residual is the noise. The filter and
the noise change slowly with time and frequency, and do not depend on a frame's position within a period, so a student
can learn them by regression. The 50 ms analysis window blurs both the filter and the noise in time, and the vocoder's
windows blur them again. The filter and the noise are therefore refined until the vocoder's output matches the
recording.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ticktalk.converter.geometry import GEOMETRY, REFERENCE_N_FFT, Geometry

UNIT = REFERENCE_N_FFT / 4  # magnitude of a cosine of amplitude 1 in the student's heads
LOWEST, HIGHEST, PITCHES = 50.0, 400.0, 180  # pitch range in Hz, and the number of pitch candidates in it
LAGS = 2048  # size of the transform used for pitch tracking
REACH = 8  # maximum pitch change per frame, in candidates (about 9 %)
# voicing threshold, cost of moving by one pitch candidate, and cost of switching voicing on or off
VOICED, STEP, SWITCH = 0.08, 0.02, 0.1
QUIET = 3e-3  # RMS relative to the loudest frame, below which frames are unvoiced
# number of pulse positions tried per period, and the highest frequency, in Hz, used to compare them
OFFSETS, PLACED_BELOW = 48, 4000.0
STIFFNESS = 300.0  # cost of shifting a pulse, per period squared
ROUNDS = 2
REFINED, SHARPENED = 4, 6  # number of corrections to the filter and to the noise
FINER, SHORT = 2, 256  # noise measurements per hop, and the length of their window in samples
NEAR = np.hanning(7)[1:-1] / np.hanning(7).sum()  # smoothing kernel over five bins or five frames
NOISE_VOICED = 0.5  # fraction of the noise kept in voiced frames; less noise reduces the student's error
FLOOR = 1e-7
FAINT = 1e-2  # power of the pulses, relative to a harmonic's, at which the filter is half interpolated
BAND = 15 / 16  # the pulse trains' highest harmonic, as a fraction of the Nyquist frequency


@dataclass(frozen=True)
class Parts:
    """The components of a recording with T frames.

    f0: float64 [T], in Hz, 0 if unvoiced.
    energy: float32 [T], natural log of the RMS.
    spectrum: float16 [T, 3, bins], log harmonic magnitude, rotation in half turns, and log noise magnitude.
    pulses: float32 [S], the pulse train aligned with the recording.
    """

    f0: np.ndarray
    energy: np.ndarray
    spectrum: np.ndarray
    pulses: np.ndarray


def decompose(x: np.ndarray, polarity: int, geometry: Geometry = GEOMETRY) -> Parts:
    """Decompose a recording, float [S] from -1 to 1 at the geometry's sample rate, into T = S // hop frames.

    Frame t is centred on sample t * hop. `polarity` is 1 or -1, as returned by `polarity()`.
    """
    g, count = geometry, len(x) // geometry.hop
    transform, f0 = stft(x, count, g), pitch(x, count, g)
    voiced, (train, f0) = f0 > 0, _locked(transform, f0, len(x), polarity, g)
    x, pulses = x[: count * g.hop], stft(train, count, g)
    power, rest = _near(np.abs(pulses) ** 2) + 1e-4, x
    # The vocoder's pulses have harmonics above BAND, and would sound there with a filter that was found without any.
    known = voiced[:, None] & (np.arange(g.bins) < int(BAND * (g.bins - 1)))
    gain: np.ndarray = np.zeros((), complex)
    for _ in range(1 + REFINED):
        gain = gain + _near(stft(rest, count, g) * pulses.conj()) / power * known
        rest = x - istft(gain * pulses, g)
    noise = _noise(rest, count, g) * np.where(voiced, NOISE_VOICED, 1.0)[:, None]
    size = _bridged(np.log(np.abs(gain) * UNIT + FLOOR), pulses, f0, g)
    turn = _bridged(np.exp(1j * np.angle(gain * polarity)), pulses, f0, g)
    spectrum = np.stack([size, np.angle(turn) / np.pi, np.log(noise * UNIT + FLOOR)], 1)
    energy = np.log(np.sqrt((np.abs(transform) ** 2).sum(1)) + 1e-4)
    return Parts(f0, energy.astype(np.float32), spectrum.astype(np.float16), (train * polarity).astype(np.float32))


def _bridged(values: np.ndarray, pulses: np.ndarray, f0: np.ndarray, g: Geometry) -> np.ndarray:
    """Interpolate a property of the filter, [T, bins], between the harmonics.

    There the pulses have no energy, which leaves the filter undetermined, but a student's own pitch puts harmonics.
    """
    power, top = np.abs(pulses) ** 2, int(BAND * (g.bins - 1))
    own, near = power / (power + FAINT), _near(power * values) / (_near(power) + 1e-12)
    bridged, bins = values.copy(), np.arange(top)
    for t in np.flatnonzero(f0 > 0):
        spacing = f0[t] * g.n_fft / g.rate
        harmonics = np.arange(1, int(top / spacing) + 1) * spacing
        between = np.interp(bins, harmonics, near[t, np.minimum(np.rint(harmonics).astype(int), top - 1)])
        bridged[t, :top] = own[t, :top] * values[t, :top] + (1 - own[t, :top]) * between
    return bridged


def _noise(x: np.ndarray, frames: int, g: Geometry) -> np.ndarray:
    """Return the standard deviation [frames, bins] of the real and imaginary parts of the vocoder's white noise.

    Richardson-Lucy multiplicative corrections make the power of the vocoder's noise in short windows equal to that of
    `x`.
    """
    short, fine = np.hanning(SHORT + 1)[:-1], g.hop // FINER
    cut = sliding_window_view(np.pad(x, (SHORT // 2, SHORT)), SHORT)[::fine][: frames * FINER] * short
    wanted = _near(np.abs(np.fft.rfft(cut, g.n_fft)) ** 2) / (short**2).sum()
    # Power of one frame of noise with variance 1 in the short window, at intervals of `fine` samples.
    blurred = np.convolve(g.window**2 / g.window_power**2, short**2 / (short**2).sum())
    kernel = blurred[(len(blurred) // 2) % fine :: fine]
    reach = len(kernel) // 2

    def heard(power: np.ndarray) -> np.ndarray:
        spread = np.zeros((len(wanted) + 2 * reach, wanted.shape[1]))
        for i, weight in enumerate(kernel):
            spread[i : i + len(wanted) : FINER] += weight * power
        return spread[reach : reach + len(wanted)]

    def gathered(values: np.ndarray) -> np.ndarray:
        padded = np.pad(values, ((reach, reach), (0, 0)))
        return sum(weight * padded[i : i + len(wanted) : FINER] for i, weight in enumerate(kernel))

    share = gathered(np.ones_like(wanted))
    power = gathered(wanted) / share + 1e-12
    for _ in range(SHARPENED):
        power *= gathered(wanted / (heard(power) + 1e-12)) / share
    return np.sqrt(power * g.n_fft / 2) / (g.n_fft / 4)


def polarity(recordings: list[np.ndarray], geometry: Geometry = GEOMETRY) -> int:
    """Return the polarity, 1 or -1, of the glottal pulses in these recordings (int16).

    Microphones and cables can invert the polarity.
    """
    score = {1: 0.0, -1: 0.0}
    for audio in recordings:
        x = audio.astype(np.float64) / 32768
        count = len(x) // geometry.hop
        transform, f0 = stft(x, count, geometry), pitch(x, count, geometry)
        pulses = stft(pulse_train(*phase(f0, len(x), geometry), geometry.rate), len(f0), geometry)
        for sign in score:
            score[sign] += _placed(transform, pulses, f0, sign, geometry)[1].sum()
    return max(score, key=score.__getitem__)


def stft(x: np.ndarray, frames: int, geometry: Geometry = GEOMETRY, size: int | None = None) -> np.ndarray:
    """Return the spectrum [frames, bins] of `x`.

    A cosine of amplitude 1 has a peak magnitude of 1. `size` overrides the transform size, and thus the number of bins.
    """
    n = geometry.n_fft
    windows = sliding_window_view(np.pad(x, (n // 2, n)), n)[:: geometry.hop][:frames]
    return np.fft.rfft(windows * (geometry.window / (n / 4)), size or n)


def istft(spectrum: np.ndarray, geometry: Geometry = GEOMETRY) -> np.ndarray:
    """Return the vocoder's output as float64 [T * hop] for a spectrum [T, bins] scaled as in `stft`."""
    g, hop, n = geometry, geometry.hop, geometry.n_fft
    silent = np.ones(g.bins)
    silent[[0, -1]] = 0
    frames = np.fft.irfft(spectrum * silent * (n / 4), n) * (g.window / g.window_power)
    out = np.zeros((len(frames) + g.overlap - 1, hop))
    for part in range(g.overlap):
        out[part : part + len(frames)] += frames[:, part * hop : (part + 1) * hop]
    return out.reshape(-1)[n // 2 : n // 2 + len(frames) * hop]


def pitch(x: np.ndarray, frames: int, geometry: Geometry = GEOMETRY) -> np.ndarray:
    """Return f0 of each frame in Hz as float64 [frames], with 0 for unvoiced frames.

    The pitch follows the most likely path through the scores of all pitch candidates.
    """
    scores, grid = _pitch_scores(x, frames, geometry)
    steps = np.abs(np.arange(-REACH, REACH + 1)) * STEP
    best, silent = scores[0], 0.0
    back, back_silent = np.zeros((frames, PITCHES), int), np.zeros(frames, int)
    for t in range(1, frames):
        from_near = sliding_window_view(np.pad(best, REACH, constant_values=-1e9), 2 * REACH + 1) - steps
        choice = from_near.argmax(1)
        value, begins = from_near[np.arange(PITCHES), choice], silent - SWITCH
        back[t] = np.where(begins > value, -1, np.arange(PITCHES) + choice - REACH)
        last = best.argmax()
        ends = best[last] - SWITCH
        back_silent[t] = last if ends > silent else -1
        best, silent = np.maximum(value, begins) + scores[t], max(silent, ends)
    path = np.full(frames, -1)
    now = int(best.argmax()) if best.max() > silent else -1
    for t in range(frames - 1, -1, -1):
        path[t] = now
        now = int(back[t, now] if now >= 0 else back_silent[t])
    return np.where(path >= 0, grid[path], 0.0)


def _pitch_scores(x: np.ndarray, frames: int, g: Geometry) -> tuple[np.ndarray, np.ndarray]:
    """Return the periodicity of each frame at each pitch minus VOICED, as [frames, PITCHES], and the pitches in Hz.

    The periodicity is the autocorrelation of a flattened spectrum. In this spectrum, the fundamental, which recordings
    often lack, has no more weight than the other harmonics.
    """
    magnitude, hertz = np.abs(stft(x, frames, g, LAGS)), np.arange(LAGS // 2 + 1) * (g.rate / LAGS)
    sums = np.cumsum(np.pad(np.log(magnitude + 1e-5), ((0, 0), (33, 32)), "edge"), 1)
    envelope = np.exp((sums[:, 65:] - sums[:, :-65]) / 65)
    relative = magnitude / (magnitude.max(1, keepdims=True) + 1e-9)
    band = np.clip((hertz - 50) / 50, 0, 1) * np.clip((4000 - hertz) / 1500, 0, 1)
    flat = (magnitude / (envelope + 1e-5)) ** 0.75 * np.maximum(relative, 1e-3) ** 0.25 * band
    likeness = np.fft.irfft(flat, LAGS)
    likeness /= likeness[:, :1] + 1e-12
    grid = np.exp(np.linspace(np.log(LOWEST), np.log(HIGHEST), PITCHES))
    lag = (g.rate / grid).astype(int)
    part = g.rate / grid - lag
    scores = (
        likeness[:, lag] * (1 - part)
        + likeness[:, lag + 1] * part
        - likeness[:, g.rate // 800 : 3 * g.rate // 160].mean(1, keepdims=True)
        - VOICED
    )
    loudness = np.sqrt((magnitude**2).mean(1))
    scores[loudness < QUIET * loudness.max()] = -1.0
    return scores, grid


def phase(f0: np.ndarray, samples: int, geometry: Geometry = GEOMETRY) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Interpolate f0 [T] linearly to `samples` samples.

    Returns each sample's phase in radians, whether it is voiced, and its f0 in Hz.
    """
    known, at = np.flatnonzero(f0 > 0), np.arange(samples) / geometry.hop
    hertz = np.interp(at, known, f0[known]) if len(known) else np.full(samples, 100.0)
    voiced = (f0 > 0)[np.minimum(np.rint(at).astype(int), len(f0) - 1)]
    return 2 * np.pi * np.cumsum(hertz / geometry.rate), voiced, hertz


def pulse_train(angle: np.ndarray, voiced: np.ndarray, f0: np.ndarray, rate: int = GEOMETRY.rate) -> np.ndarray:
    """Return the sum of all harmonics below BAND, each with amplitude 1, or 0 where unvoiced.

    `angle`, `voiced` and `f0` have one value per sample.
    """
    order = np.floor(rate / 2 * BAND / np.maximum(f0, 1.0)) + 0.5
    half = np.sin(angle / 2)
    zero = np.abs(half) < 1e-6
    return np.where(voiced, np.where(zero, order, np.sin(order * angle) / np.where(zero, 1.0, 2 * half)) - 0.5, 0.0)


def _locked(
    transform: np.ndarray, f0: np.ndarray, samples: int, sign: int, g: Geometry
) -> tuple[np.ndarray, np.ndarray]:
    """Return a pulse train [samples] aligned with the pulses of the recording, and its f0 [T]."""
    angle, voiced, hertz = phase(f0, samples, g)
    moved, before = np.zeros(len(f0)), f0
    for _ in range(ROUNDS):
        pulses = stft(pulse_train(angle, voiced, hertz, g.rate), len(f0), g)
        place = _placed(transform, pulses, f0, sign, g)[0]
        angle, by = _moved(angle, place, f0 > 0, g.hop)
        moved += by
    slope = np.gradient(moved) if len(f0) > 1 else np.zeros(1)
    runs = np.cumsum(np.diff(f0 > 0, prepend=False))
    inner = (np.diff(runs, prepend=-1) == 0) & (np.diff(runs, append=-1) == 0)
    # A phase lag that increases steadily indicates a lower pitch.
    corrected = before - np.where(inner, slope, 0.0) * g.rate / g.hop
    return pulse_train(angle, voiced, hertz, g.rate), np.where(f0 > 0, np.clip(corrected, 0.9 * f0, 1.1 * f0), 0.0)


def _placed(
    transform: np.ndarray, pulses: np.ndarray, f0: np.ndarray, sign: int, g: Geometry
) -> tuple[np.ndarray, np.ndarray]:
    """Return the best delay of each frame's pulses, in periods from -0.5 to 0.5, and the quality of the resulting match
    with the recording.

    Both arrays have the shape [T].
    """
    cross = transform * pulses.conj()
    cross *= np.abs(transform) ** 0.3 * np.abs(pulses) ** 0.5 / (np.abs(cross) + 1e-9)
    cross[:, 0] = cross[:, g.bin_at(PLACED_BELOW) :] = 0
    fit = np.fft.irfft(cross, 4 * g.n_fft)  # with quarter-sample resolution
    fit *= sign * (f0 > 0)[:, None] / (np.abs(fit).max(1, keepdims=True) + 1e-9)
    positions = (np.arange(OFFSETS) - OFFSETS // 2) / OFFSETS
    lag = np.rint(positions * (4 * g.rate / np.where(f0 > 0, f0, 100.0))[:, None]).astype(int) % (4 * g.n_fft)
    fit = np.take_along_axis(fit, lag, 1)
    apart = positions[:, None] - positions
    cost = STIFFNESS * (apart - np.rint(apart)) ** 2
    best, back = fit[0], np.zeros(fit.shape, int)
    for t in range(1, len(fit)):
        if f0[t] > 0 and f0[t - 1] > 0:
            choices = best - cost
            back[t] = choices.argmax(1)
            best = choices[np.arange(OFFSETS), back[t]] + fit[t]
        else:
            back[t], best = best.argmax(), best.max() + fit[t]
    path = np.zeros(len(fit), int)
    path[-1] = best.argmax()
    for t in range(len(fit) - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return positions[path], np.where(f0 > 0, fit.max(1), 0.0)


def _moved(angle: np.ndarray, place: np.ndarray, voiced: np.ndarray, hop: int) -> tuple[np.ndarray, np.ndarray]:
    """Delay the phase by `place` [T] periods, smoothed within each voiced run and interpolated to samples.

    Returns the phase of each sample and the smoothed delay of each frame.
    """
    runs, smooth = np.cumsum(np.diff(voiced, prepend=False)), place.copy()
    for run in np.unique(runs[voiced]):
        at = np.flatnonzero((runs == run) & voiced)
        smooth[at] = np.convolve(np.pad(np.unwrap(place[at], period=1.0), 2, "edge"), NEAR, "valid")
    at = np.arange(len(angle))
    by = np.interp(at, np.arange(len(place)) * hop, smooth)
    here, near = np.minimum(at // hop, len(place) - 1), np.minimum((at + hop // 2) // hop, len(place) - 1)
    apart = runs[here] != runs[np.minimum(here + 1, len(place) - 1)]
    by[apart] = smooth[near][apart]  # do not interpolate between voiced runs
    return angle - 2 * np.pi * by, smooth


def _near(values: np.ndarray) -> np.ndarray:
    """Return the weighted mean of each bin's neighbourhood, with the edges repeated."""
    padded = np.pad(values, ((0, 0), (2, 2)), "edge")
    return sum(weight * padded[:, i : i + values.shape[1]] for i, weight in enumerate(NEAR))
