"""A recording taken apart into what the vocoder puts together: pulses through a smooth filter, and noise.

For teachers that give audio only. Pulses are laid where the recording has its own: the pitch is followed, its integral
is a phase, and the phase is moved until the pulses fall on the glottis' closures, where the whitened cross-correlation
peaks. Then the filter is the one that turns pulses into the recording with the least square error in every
neighbourhood of bins,

    G = smooth(S conj P) / smooth(|P|^2),       S, P: transforms of recording and pulses,

its magnitude the harmonic part and its angle the rotation; the noise is what is left. Both change slowly with time and
frequency, so that a student can learn them by regression, and neither depends on where a frame lies in a period. What a
window of 50 ms blurs in time, the vocoder's own windows blur again: so both are refined until what the vocoder makes of
them, not they, fits the recording."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ticktalk.converter.geometry import GEOMETRY, REFERENCE_N_FFT, Geometry

UNIT = REFERENCE_N_FFT / 4  # of the heads: what a cosine of amplitude 1 is
LOWEST, HIGHEST, PITCHES = 50.0, 400.0, 180  # Hz, and how many are told apart
LAGS = 2048  # transform from which the pitch is found
REACH = 8  # pitches a frame: 9 %
VOICED, STEP, SWITCH = 0.08, 0.02, 0.1  # score of a voiced frame; cost of a pitch's step and of a change of voicing
QUIET = 3e-3  # of the loudest frame: below it nothing is voiced
OFFSETS, PLACED_BELOW = 48, 4000.0  # positions of a pulse in its period; Hz up to which it is placed by
STIFFNESS = 300.0  # cost of a pulse's move by one period, squared
ROUNDS = 2
REFINED, SHARPENED = 4, 6  # times that the filter and the noise are corrected by what they leave
FINER, SHORT = 2, 256  # parts of a hop in which the noise is judged; samples of the window that it is judged through
NEAR = np.hanning(7)[1:-1] / np.hanning(7).sum()  # a neighbourhood: five bins, or five frames
NOISE_VOICED = 0.5  # of it sounds as well in voiced frames as all of it, and student and vocoder err less
FLOOR = 1e-7


@dataclass(frozen=True)
class Parts:
    """T frames. f0 float64 [T], Hz, 0 where unvoiced; energy float32 [T], natural log of the RMS; spectrum float16 [T,
    3, bins]: log harmonic magnitude, rotation in half turns, log noise magnitude; pulses float32 [S]: the train that
    fits the recording."""

    f0: np.ndarray
    energy: np.ndarray
    spectrum: np.ndarray
    pulses: np.ndarray


def decompose(x: np.ndarray, polarity: int, geometry: Geometry = GEOMETRY) -> Parts:
    """Take a recording apart: float [S], -1 to 1, at the geometry's rate; T = S // hop, frame t lies around sample
    t * hop. polarity: see `polarity`."""
    g, count = geometry, len(x) // geometry.hop
    transform, f0 = stft(x, count, g), pitch(x, count, g)
    voiced, (train, f0) = f0 > 0, _locked(transform, f0, len(x), polarity, g)
    x, pulses = x[: count * g.hop], stft(train, count, g)
    power, rest = _near(np.abs(pulses) ** 2) + 1e-4, x
    gain: np.ndarray = np.zeros((), complex)
    for _ in range(1 + REFINED):
        gain = gain + _near(stft(rest, count, g) * pulses.conj()) / power * voiced[:, None]
        rest = x - istft(gain * pulses, g)
    noise = _noise(rest, count, g) * np.where(voiced, NOISE_VOICED, 1.0)[:, None]
    spectrum = np.stack(
        [np.log(np.abs(gain) * UNIT + FLOOR), np.angle(gain * polarity) / np.pi, np.log(noise * UNIT + FLOOR)], 1
    )
    energy = np.log(np.sqrt((np.abs(transform) ** 2).sum(1)) + 1e-4)
    return Parts(f0, energy.astype(np.float32), spectrum.astype(np.float16), (train * polarity).astype(np.float32))


def _noise(x: np.ndarray, frames: int, g: Geometry) -> np.ndarray:
    """Standard deviation [frames, bins] of real and imaginary part of the white noise from which the vocoder makes
    noise that has the power of `x` through short windows: Richardson and Lucy's correction by factors."""
    short, fine = np.hanning(SHORT + 1)[:-1], g.hop // FINER
    cut = sliding_window_view(np.pad(x, (SHORT // 2, SHORT)), SHORT)[::fine][: frames * FINER] * short
    wanted = _near(np.abs(np.fft.rfft(cut, g.n_fft)) ** 2) / (short**2).sum()
    # What a frame of noise of variance 1 sounds like, `fine` samples apart, through the short window.
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
    """1 or -1: which way the glottis' pulses point in these recordings (int16); microphones and wires turn
    them over."""
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
    """[frames, bins], or of a transform of another `size`; a cosine of amplitude 1 peaks at 1."""
    n = geometry.n_fft
    windows = sliding_window_view(np.pad(x, (n // 2, n)), n)[:: geometry.hop][:frames]
    return np.fft.rfft(windows * (geometry.window / (n / 4)), size or n)


def istft(spectrum: np.ndarray, geometry: Geometry = GEOMETRY) -> np.ndarray:
    """What the vocoder makes of a spectrum [T, bins] as `stft` counts it: float64 [T * hop]."""
    g, hop, n = geometry, geometry.hop, geometry.n_fft
    silent = np.ones(g.bins)
    silent[[0, -1]] = 0
    frames = np.fft.irfft(spectrum * silent * (n / 4), n) * (g.window / g.window_power)
    out = np.zeros((len(frames) + g.overlap - 1, hop))
    for part in range(g.overlap):
        out[part : part + len(frames)] += frames[:, part * hop : (part + 1) * hop]
    return out.reshape(-1)[n // 2 : n // 2 + len(frames) * hop]


def pitch(x: np.ndarray, frames: int, geometry: Geometry = GEOMETRY) -> np.ndarray:
    """f0 in Hz of each frame, 0 where unvoiced, float64 [frames]: the likeliest path through the scores of all
    pitches."""
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
    """How periodic each frame is at each pitch, [frames, PITCHES], less VOICED; the pitches in Hz. The autocorrelation
    of a spectrum that is flattened: recordings often lack their fundamental, which must not count more than other
    harmonics."""
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
    """f0 [T] of frames -> of each sample the phase in radians, whether it is voiced, and f0 in Hz, a line between
    frames."""
    known, at = np.flatnonzero(f0 > 0), np.arange(samples) / geometry.hop
    hertz = np.interp(at, known, f0[known]) if len(known) else np.full(samples, 100.0)
    voiced = (f0 > 0)[np.minimum(np.rint(at).astype(int), len(f0) - 1)]
    return 2 * np.pi * np.cumsum(hertz / geometry.rate), voiced, hertz


def pulse_train(angle: np.ndarray, voiced: np.ndarray, f0: np.ndarray, rate: int = GEOMETRY.rate) -> np.ndarray:
    """All harmonics below 15/16 of the Nyquist frequency with amplitude 1, 0 where unvoiced; arguments per sample."""
    order = np.floor(rate / 2 * 15 / 16 / np.maximum(f0, 1.0)) + 0.5
    half = np.sin(angle / 2)
    zero = np.abs(half) < 1e-6
    return np.where(voiced, np.where(zero, order, np.sin(order * angle) / np.where(zero, 1.0, 2 * half)) - 0.5, 0.0)


def _locked(
    transform: np.ndarray, f0: np.ndarray, samples: int, sign: int, g: Geometry
) -> tuple[np.ndarray, np.ndarray]:
    """(pulses [samples] that lie where the recording has its own; f0 [T] of these)."""
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
    # A phase that is moved back steadily is a lower pitch.
    corrected = before - np.where(inner, slope, 0.0) * g.rate / g.hop
    return pulse_train(angle, voiced, hertz, g.rate), np.where(f0 > 0, np.clip(corrected, 0.9 * f0, 1.1 * f0), 0.0)


def _placed(
    transform: np.ndarray, pulses: np.ndarray, f0: np.ndarray, sign: int, g: Geometry
) -> tuple[np.ndarray, np.ndarray]:
    """How much earlier each frame's pulses should be, in periods (-0.5 .. 0.5, [T]), and how well they fit there."""
    cross = transform * pulses.conj()
    cross *= np.abs(transform) ** 0.3 * np.abs(pulses) ** 0.5 / (np.abs(cross) + 1e-9)
    cross[:, 0] = cross[:, g.bin_at(PLACED_BELOW) :] = 0
    fit = np.fft.irfft(cross, 4 * g.n_fft)  # quarter samples
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
    """The phase of every sample, moved back by `place` [T] periods, smoothly within a voiced run; and by how much in
    each frame."""
    runs, smooth = np.cumsum(np.diff(voiced, prepend=False)), place.copy()
    for run in np.unique(runs[voiced]):
        at = np.flatnonzero((runs == run) & voiced)
        smooth[at] = np.convolve(np.pad(np.unwrap(place[at], period=1.0), 2, "edge"), NEAR, "valid")
    at = np.arange(len(angle))
    by = np.interp(at, np.arange(len(place)) * hop, smooth)
    here, near = np.minimum(at // hop, len(place) - 1), np.minimum((at + hop // 2) // hop, len(place) - 1)
    apart = runs[here] != runs[np.minimum(here + 1, len(place) - 1)]
    by[apart] = smooth[near][apart]  # runs do not mix
    return angle - 2 * np.pi * by, smooth


def _near(values: np.ndarray) -> np.ndarray:
    """The mean over a bin's neighbourhood, edges repeated."""
    padded = np.pad(values, ((0, 0), (2, 2)), "edge")
    return sum(weight * padded[:, i : i + values.shape[1]] for i, weight in enumerate(NEAR))
