"""Integer tables of the vocoder: those of a voice (from its graph's scales) and those of n_fft and hop alone.

Everything is rounded once, from double; no value lies so near to a rounding tie that another libm could change it
(tests/runtime_sim/test_vocoder.py proves it). Word lengths, bounds and formulas: docs/explanation/vocoder.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HARMONIC_BITS = 22  # fraction bits of harmonic_gain
NOISE_BITS = 12  # of noise_gain, which carries the sqrt(3) of uniform noise, too
FREE_BITS = 19  # of free_gain, which carries the scale of free_cos and free_sin, too
FREE_LIMIT = 1 << 22  # free_gain * 255 stays below 2^30
MAX_LOG = 7.0  # magnitudes are exp(min(x, 7)), as the teacher's
INCREMENTS = (1 << 23, 1 << 28)  # least and greatest pitch: 512 and 16 samples a period (31.25 and 1000 Hz at 16 kHz)
SEMITONES, SHIFT_BITS = 12, 16  # of a pitch shift, up and down; fraction bits of its factor
WINDOW_PEAK = 32764  # of the analysis window at n_fft 512, Q15; such that no n_fft has a value at a rounding tie
TAPS, PHASES = 24, 64  # of the pulse; its centre lies TAPS / 2 samples after the sample that starts it
PULSE_CUTOFF, PULSE_BETA = 1.0, 5.0  # of the Nyquist frequency; of the Kaiser window


# -- a voice ------------------------------------------------------------------------------------------------------
def dequantised(scale: float, zero_point: int) -> np.ndarray:
    """Real value of each int8 q, float64 [256], index q + 128."""
    return float(scale) * (np.arange(-128, 128) - int(zero_point))


def gain_table(
    scale: float, zero_point: int, bits: int, factor: float = 1.0, log: bool = True, limit: int = 2**31 - 1
) -> np.ndarray:
    """uint32 [256]: factor * magnitude with `bits` fraction bits, at most `limit`, index q + 128.

    The output is a natural-log magnitude (exp(min(x, 7))), or the magnitude itself when not `log` (negative is 0).
    """
    x = dequantised(scale, zero_point)
    magnitude = np.exp(np.minimum(x, MAX_LOG)) if log else np.maximum(x, 0.0)
    return np.minimum(np.rint(magnitude * factor * 2.0**bits), limit).astype(np.uint32)


def harmonic_gain(scale: float, zero_point: int, factor: float = 1.0, log: bool = True) -> np.ndarray:
    """uint32 [256] of the `harmonic` output."""
    return gain_table(scale, zero_point, HARMONIC_BITS, factor, log)


def noise_gain(scale: float, zero_point: int, factor: float = 1.0, log: bool = True) -> np.ndarray:
    """uint32 [256] of the `noise` output: a magnitude times noise of variance 1 in the real and the imaginary part."""
    return gain_table(scale, zero_point, NOISE_BITS, factor * np.sqrt(3.0), log)


def free_gain(scale: float, zero_point: int, phase_scale: float, factor: float = 1.0, log: bool = True) -> np.ndarray:
    """uint32 [256] of the `free` output; `phase_scale` is the scale that free_cos and free_sin share."""
    return gain_table(scale, zero_point, FREE_BITS, factor * float(phase_scale), log, FREE_LIMIT)


def rotation_tables(scale: float, zero_point: int) -> tuple[np.ndarray, np.ndarray]:
    """(cos, sin) of pi * r, r the `rotation` output: two int16 [256], Q15 with 1.0 as 32767."""
    angle = np.pi * dequantised(scale, zero_point)
    cos, sin = (np.rint(f(angle) * 32767).astype(np.int16) for f in (np.cos, np.sin))
    return cos, sin


def pitch_table(
    scale: float, zero_point: int, channels: int = 1, sample_rate: int = 16000, offset: float = 0.0
) -> np.ndarray:
    """uint32 [255 * channels + 1]: phase increment in Q32 cycles a sample, index = sum of (q + 128) over the channels.

    offset + the mean of the channels is natural log f0 in Hz. Clipped to INCREMENTS. (An int8 range always holds 0, so
    that a graph that gives log f0 less a typical one, the offset, has finer steps.)
    """
    mean = np.arange(255 * channels + 1) / channels - 128 - int(zero_point)
    hertz = np.exp(float(offset) + float(scale) * mean)
    return np.clip(np.rint(hertz / sample_rate * 2.0**32), *INCREMENTS).astype(np.uint32)


def tables_of_voice(
    outputs: dict[str, tuple[float, int]],
    factor: float = 1.0,
    channels: int = 1,
    sample_rate: int = 16000,
    voicing_above: float = 0.5,
    pitch_offset: float = 0.0,
) -> dict[str, np.ndarray]:
    """All tables that the vocoder needs of a voice.

    outputs: role -> (scale, zero point) of pitch, voicing, harmonic, rotation, and of what the voice has of noise and
    of free, free_cos,
        free_sin (the last two with one scale). factor: what all magnitudes are multiplied with: n_fft / the teacher's
        n_fft, times the
        loudness wanted. voicing_above: the real value of `voicing` above which a frame is voiced.
        pitch_offset: added to `pitch`, which then is natural log f0 in Hz.
    """
    parts = {}
    if "noise" in outputs:
        parts["noise_gain"] = noise_gain(*outputs["noise"], factor)
    if "free" in outputs:
        if outputs["free_cos"][0] != outputs["free_sin"][0]:
            raise ValueError("free_cos and free_sin must have one scale")
        parts["free_gain"] = free_gain(*outputs["free"], outputs["free_cos"][0], factor)
        parts["free_zero_point"] = np.array([outputs["free_cos"][1], outputs["free_sin"][1]], np.int16)
    scale, zero_point = outputs["voicing"]
    threshold = int(np.clip(np.floor(voicing_above / scale) + zero_point, -129, 127))
    rotation_cos, rotation_sin = rotation_tables(*outputs["rotation"])
    return {
        "pitch": pitch_table(*outputs["pitch"], channels, sample_rate, pitch_offset),
        "voicing_threshold": np.array(threshold, np.int16),
        "harmonic_gain": harmonic_gain(*outputs["harmonic"], factor),
        "rotation_cos": rotation_cos,
        "rotation_sin": rotation_sin,
        **parts,
    }


# -- n_fft and hop ------------------------------------------------------------------------------------------------
def hann(n: int) -> np.ndarray:
    """Periodic Hann window, float64 [n / 2 + 1]; the other half is its mirror: w[n - i] = w[i]."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n // 2 + 1) / n)


def analysis_window(n_fft: int) -> np.ndarray:
    """int16 [n_fft / 2 + 1]: Hann, scaled so that a cosine of amplitude 1 peaks at the same value for every n_fft."""
    return np.rint(hann(n_fft) * WINDOW_PEAK * 512 / n_fft).astype(np.int16)


def synthesis_window(n_fft: int, hop: int) -> np.ndarray:
    """int32 [n_fft / 2 + 1]: Hann / (sum of the overlapping squared windows), times 2^39 / n_fft."""
    half = hann(n_fft)
    window = np.concatenate([half, half[-2:0:-1]])
    squares = np.zeros(-(-n_fft // hop) * hop)
    squares[:n_fft] = window**2
    total = squares.reshape(-1, hop).sum(0)[np.arange(n_fft // 2 + 1) % hop]
    return np.rint(half / total * 2.0**39 / n_fft).astype(np.int32)


def pulse() -> np.ndarray:
    """int16 [PHASES, TAPS], Q15: a Kaiser-windowed sinc, its centre (phase + 1/2) / PHASES before tap TAPS / 2."""
    t = np.arange(TAPS) - TAPS / 2 + (np.arange(PHASES)[:, None] + 0.5) / PHASES
    window = np.i0(PULSE_BETA * np.sqrt(1 - (2 * t / TAPS) ** 2)) / np.i0(PULSE_BETA)
    return np.rint(PULSE_CUTOFF * np.sinc(PULSE_CUTOFF * t) * window * 32767).astype(np.int16)


def pitch_shift() -> np.ndarray:
    """uint32 [2 * SEMITONES + 1]: what a phase increment is multiplied with, SHIFT_BITS fraction bits, index semitones
    + SEMITONES."""
    return np.rint(np.exp2(np.arange(-SEMITONES, SEMITONES + 1) / 12) * 2.0**SHIFT_BITS).astype(np.uint32)


def turns(n: int, count: int) -> np.ndarray:
    """int32 [count, 2]: (cos, sin) of 2 pi i / n, Q31, with +-1 as +-(2^31 - 1)."""
    angle = 2 * np.pi * np.arange(count) / n
    return np.rint(np.stack([np.cos(angle), np.sin(angle)], -1) * (2.0**31 - 1)).astype(np.int32)


@dataclass(frozen=True)
class Stage:
    """One stage of the complex FFT: blocks of `radix * stride` points, butterflies over points `stride` apart.

    twiddles: int32 [stride, radix - 1, 2], Q31 (cos, sin) of 2 pi j q / (radix * stride), j < stride, q = 1 .. radix -
    1."""

    radix: int
    stride: int
    twiddles: np.ndarray


@dataclass(frozen=True)
class FftPlan:
    """FFT of n_fft real values by one of n_fft / 2 complex ones.

    stages: from the widest to stride 1: decimation in frequency runs them forwards, in time backwards.
    position: int64 [n_fft / 2], where bin k of the transform lies after decimation in frequency.
    split: int32 [n_fft / 4, 2], Q31 (cos, sin) of 2 pi k / n_fft.
    """

    stages: tuple[Stage, ...]
    position: np.ndarray
    split: np.ndarray


def radices(points: int) -> list[int]:
    """points as a product of 4s, then 2, then 5s; ValueError if it is none."""
    found, rest = [], points
    for radix in (4, 2, 5):
        while rest % radix == 0:
            found.append(radix)
            rest //= radix
    if rest != 1:
        raise ValueError(f"n_fft {2 * points} has a prime factor other than 2 and 5")
    return found


def plan(n_fft: int) -> FftPlan:
    """The FFT plan of an even n_fft whose only prime factors are 2 and 5."""
    points = n_fft // 2
    stages, position, width = [], np.zeros(points, np.int64), points
    rest = np.arange(points)
    for radix in radices(points):
        stride = width // radix
        index = np.arange(stride)[:, None] * np.arange(1, radix)
        stages.append(Stage(radix, stride, turns(width, width)[index]))
        position += rest % radix * stride  # the stage sends bins that are q modulo radix to its q-th part
        rest //= radix
        width = stride
    return FftPlan(tuple(stages), position, turns(n_fft, n_fft // 4))


def pulse_delay(n_fft: int, hop: int) -> int:
    """Frames between the arrival of a frame and its synthesis: until the pulses under its window are known."""
    return -(-(n_fft + TAPS - hop) // (2 * hop))


def output_delay(n_fft: int, hop: int) -> int:
    """Frames between the synthesis of frame t and the output of the samples t * hop .. (t + 1) * hop - 1."""
    return -(-n_fft // (2 * hop))
