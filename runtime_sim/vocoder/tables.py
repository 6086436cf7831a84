"""Integer tables of the vocoder: one set per voice (from its graph's scales), and one per n_fft and hop.

Each value is rounded once, from double precision. No value is close enough to a rounding tie for another libm to change
it (tests/runtime_sim/test_vocoder_tables.py proves it). docs/explanation/vocoder.md gives formulas and bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HARMONIC_BITS = 22  # fraction bits of harmonic_gain
NOISE_BITS = 12  # fraction bits of noise_gain, which includes a factor of sqrt(3) for uniform noise
FREE_BITS = 19  # fraction bits of free_gain, which includes the scale of free_cos and free_sin
FREE_LIMIT = 1 << 22  # keeps free_gain * 255 below 2^30
MAX_LOG = 7.0  # magnitudes are exp(min(x, 7)), as in the teacher
INCREMENTS = (1 << 23, 1 << 28)  # pitch range: 512 to 16 samples per period (31.25 to 1000 Hz at 16 kHz)
SEMITONES, SHIFT_BITS = 12, 16  # largest pitch shift in either direction; fraction bits of its factor
WINDOW_PEAK = 32764  # peak of the analysis window at n_fft 512, Q15; avoids rounding ties at every n_fft
TAPS, PHASES = 24, 64  # size of the pulse table; a pulse is centred TAPS / 2 samples after its start
PULSE_CUTOFF, PULSE_BETA = 1.0, 5.0  # cut-off as a fraction of the Nyquist frequency; beta of the Kaiser window


# -- a voice ------------------------------------------------------------------------------------------------------
def dequantised(scale: float, zero_point: int) -> np.ndarray:
    """Return the real value of each int8 value q: float64 [256], indexed by q + 128."""
    return float(scale) * (np.arange(-128, 128) - int(zero_point))


def gain_table(
    scale: float, zero_point: int, bits: int, factor: float = 1.0, log: bool = True, limit: int = 2**31 - 1
) -> np.ndarray:
    """Return factor * magnitude, clipped to `limit`: uint32 [256] with `bits` fraction bits, indexed by q + 128.

    The dequantised output x is a natural-log magnitude (exp(min(x, 7))). If `log` is false, x is the magnitude itself
    (0 if negative).
    """
    x = dequantised(scale, zero_point)
    magnitude = np.exp(np.minimum(x, MAX_LOG)) if log else np.maximum(x, 0.0)
    return np.minimum(np.rint(magnitude * factor * 2.0**bits), limit).astype(np.uint32)


def harmonic_gain(scale: float, zero_point: int, factor: float = 1.0, log: bool = True) -> np.ndarray:
    """Return the gains for the `harmonic` output as uint32 [256]."""
    return gain_table(scale, zero_point, HARMONIC_BITS, factor, log)


def noise_gain(scale: float, zero_point: int, factor: float = 1.0, log: bool = True) -> np.ndarray:
    """Return the gains for the `noise` output as uint32 [256]. The gains apply to noise with variance 1 per
    component."""
    return gain_table(scale, zero_point, NOISE_BITS, factor * np.sqrt(3.0), log)


def free_gain(scale: float, zero_point: int, phase_scale: float, factor: float = 1.0, log: bool = True) -> np.ndarray:
    """Return the gains for the `free` output as uint32 [256]. `phase_scale` is the scale of free_cos and free_sin."""
    return gain_table(scale, zero_point, FREE_BITS, factor * float(phase_scale), log, FREE_LIMIT)


def rotation_tables(scale: float, zero_point: int) -> tuple[np.ndarray, np.ndarray]:
    """Return cos and sin of pi * r, where r is the `rotation` output: two int16 [256], Q15 with 1.0 as 32767."""
    angle = np.pi * dequantised(scale, zero_point)
    cos, sin = (np.rint(f(angle) * 32767).astype(np.int16) for f in (np.cos, np.sin))
    return cos, sin


def pitch_table(
    scale: float, zero_point: int, channels: int = 1, sample_rate: int = 16000, offset: float = 0.0, more: int = 0
) -> np.ndarray:
    """Return the pitch table: uint32 [255 * channels + 1 + more], phase increments in Q32 cycles per sample.

    The index is the sum of (q + 128) over the channels, plus a speaker's own offset of up to `more`. The offset plus
    the mean of the channels is the natural log of f0 in Hz. Values are clipped to INCREMENTS. An int8 range always
    includes 0, so a graph that outputs log f0 minus a typical value (the offset) has a finer resolution.
    """
    mean = np.arange(255 * channels + 1 + more) / channels - 128 - int(zero_point)
    hertz = np.exp(float(offset) + float(scale) * mean)
    return np.clip(np.rint(hertz / sample_rate * 2.0**32), *INCREMENTS).astype(np.uint32)


def tables_of_voice(
    outputs: dict[str, tuple[float, int]],
    factor: float = 1.0,
    channels: int = 1,
    sample_rate: int = 16000,
    voicing_above: float = 0.5,
    pitch_offset: float = 0.0,
    more_pitch: int = 0,
) -> dict[str, np.ndarray]:
    """Return all of the voice's tables that the vocoder needs.

    outputs: role -> (scale, zero point) of pitch, voicing, harmonic and rotation, plus noise, or free, free_cos and
    free_sin, or both. free_cos and free_sin must have the same scale.
    factor: multiplier of all magnitudes: n_fft / the teacher's n_fft, multiplied by the desired loudness.
    voicing_above: threshold for the real value of `voicing`; frames above it are voiced.
    pitch_offset: value added to `pitch` to give the natural log of f0 in Hz.
    more_pitch: largest `speaker_pitch` in a voice with several speakers.
    """
    parts = {}
    if "noise" in outputs:
        parts["noise_gain"] = noise_gain(*outputs["noise"], factor)
    if "free" in outputs:
        if outputs["free_cos"][0] != outputs["free_sin"][0]:
            raise ValueError("free_cos and free_sin must have the same scale")
        parts["free_gain"] = free_gain(*outputs["free"], outputs["free_cos"][0], factor)
        parts["free_zero_point"] = np.array([outputs["free_cos"][1], outputs["free_sin"][1]], np.int16)
    scale, zero_point = outputs["voicing"]
    threshold = int(np.clip(np.floor(voicing_above / scale) + zero_point, -129, 127))
    rotation_cos, rotation_sin = rotation_tables(*outputs["rotation"])
    return {
        "pitch": pitch_table(*outputs["pitch"], channels, sample_rate, pitch_offset, more_pitch),
        "voicing_threshold": np.array(threshold, np.int16),
        "harmonic_gain": harmonic_gain(*outputs["harmonic"], factor),
        "rotation_cos": rotation_cos,
        "rotation_sin": rotation_sin,
        **parts,
    }


# -- n_fft and hop ------------------------------------------------------------------------------------------------
def hann(n: int) -> np.ndarray:
    """Return half of a periodic Hann window as float64 [n / 2 + 1]. The window is symmetric: w[n - i] = w[i]."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n // 2 + 1) / n)


def analysis_window(n_fft: int) -> np.ndarray:
    """Return half of the analysis window as int16 [n_fft / 2 + 1].

    The window is a Hann window, scaled so that a cosine of amplitude 1 has the same peak for every n_fft.
    """
    return np.rint(hann(n_fft) * WINDOW_PEAK * 512 / n_fft).astype(np.int16)


def synthesis_window(n_fft: int, hop: int) -> np.ndarray:
    """Return int32 [n_fft / 2 + 1]: Hann / (sum of the overlapping squared windows), times 2^39 / n_fft."""
    half = hann(n_fft)
    window = np.concatenate([half, half[-2:0:-1]])
    squares = np.zeros(-(-n_fft // hop) * hop)
    squares[:n_fft] = window**2
    total = squares.reshape(-1, hop).sum(0)[np.arange(n_fft // 2 + 1) % hop]
    return np.rint(half / total * 2.0**39 / n_fft).astype(np.int32)


def pulse() -> np.ndarray:
    """Return int16 [PHASES, TAPS], Q15: a Kaiser-windowed sinc, centred (phase + 1/2) / PHASES before tap TAPS / 2."""
    t = np.arange(TAPS) - TAPS / 2 + (np.arange(PHASES)[:, None] + 0.5) / PHASES
    window = np.i0(PULSE_BETA * np.sqrt(1 - (2 * t / TAPS) ** 2)) / np.i0(PULSE_BETA)
    return np.rint(PULSE_CUTOFF * np.sinc(PULSE_CUTOFF * t) * window * 32767).astype(np.int16)


def pitch_shift() -> np.ndarray:
    """Return the factors for the phase increment as uint32 [2 * SEMITONES + 1], with SHIFT_BITS fraction bits.

    The index is the shift in semitones plus SEMITONES.
    """
    return np.rint(np.exp2(np.arange(-SEMITONES, SEMITONES + 1) / 12) * 2.0**SHIFT_BITS).astype(np.uint32)


def turns(n: int, count: int) -> np.ndarray:
    """Return (cos, sin) of 2 pi i / n: int32 [count, 2], Q31, with +-1 as +-(2^31 - 1)."""
    angle = 2 * np.pi * np.arange(count) / n
    return np.rint(np.stack([np.cos(angle), np.sin(angle)], -1) * (2.0**31 - 1)).astype(np.int32)


@dataclass(frozen=True)
class Stage:
    """A stage of the complex FFT: blocks of `radix * stride` points, with butterflies over points `stride` apart.

    twiddles: int32 [stride, radix - 1, 2], Q31 (cos, sin) of 2 pi j q / (radix * stride) for j < stride and
    q = 1 .. radix - 1.
    """

    radix: int
    stride: int
    twiddles: np.ndarray


@dataclass(frozen=True)
class FftPlan:
    """The plan for an FFT of n_fft real values, computed as an FFT of n_fft / 2 complex values.

    stages: from the largest stride to stride 1. Decimation in frequency runs them in order, decimation in time in
    reverse.
    position: int64 [n_fft / 2], the position of bin k after decimation in frequency.
    split: int32 [n_fft / 4, 2], Q31 (cos, sin) of 2 pi k / n_fft.
    """

    stages: tuple[Stage, ...]
    position: np.ndarray
    split: np.ndarray


def radices(points: int) -> list[int]:
    """Factor `points` into 4s, then 2, then 5s. Raises `ValueError` if that is impossible."""
    found, rest = [], points
    for radix in (4, 2, 5):
        while rest % radix == 0:
            found.append(radix)
            rest //= radix
    if rest != 1:
        raise ValueError(f"n_fft {2 * points} has a prime factor other than 2 and 5")
    return found


def plan(n_fft: int) -> FftPlan:
    """Return the FFT plan for an even n_fft whose only prime factors are 2 and 5."""
    points = n_fft // 2
    stages, position, width = [], np.zeros(points, np.int64), points
    rest = np.arange(points)
    for radix in radices(points):
        stride = width // radix
        index = np.arange(stride)[:, None] * np.arange(1, radix)
        stages.append(Stage(radix, stride, turns(width, width)[index]))
        position += rest % radix * stride  # bin k belongs to part k % radix of the stage
        rest //= radix
        width = stride
    return FftPlan(tuple(stages), position, turns(n_fft, n_fft // 4))


def pulse_delay(n_fft: int, hop: int) -> int:
    """Return the delay, in frames, until all pulses under a frame's window are known and it can be synthesised."""
    return -(-(n_fft + TAPS - hop) // (2 * hop))


def output_delay(n_fft: int, hop: int) -> int:
    """Return the delay, in frames, between synthesising frame t and outputting samples t * hop .. (t + 1) * hop - 1."""
    return -(-n_fft // (2 * hop))
