"""The vocoder's synthesis in floating point, for comparison with the integer vocoder.

docs/explanation/vocoder.md describes how the integer vocoder approximates this synthesis.
"""

import numpy as np


def pulses(f0: np.ndarray, hop: int, sample_rate: int) -> np.ndarray:
    """Return the sum of all harmonics below 15/16 of the Nyquist frequency with amplitude 1, as float64 [T * hop].

    `f0` [T] is in Hz, 0 if unvoiced. The pitch is interpolated linearly between the centres of voiced frames, and
    constant next to an unvoiced frame.
    """
    count = len(f0)
    at = np.arange(count * hop)
    position = (at + 0.5) / hop - 0.5
    near = np.clip(np.rint(position).astype(int), 0, count - 1)
    low = np.clip(np.floor(position).astype(int), 0, count - 1)
    high = np.clip(low + 1, 0, count - 1)
    line = f0[low] + (position - np.floor(position)) * (f0[high] - f0[low])
    f = np.where((f0[low] > 0) & (f0[high] > 0), line, f0[near])
    f[: hop // 2] = f0[0]
    phase = 2 * np.pi * (np.cumsum(f / sample_rate) % 1.0)
    order = np.floor(sample_rate / 2 * 15 / 16 / np.maximum(f, 1.0)) + 0.5
    near_zero = np.abs(np.sin(phase / 2)) < 1e-6
    train = np.sin(order * phase) / np.where(near_zero, 1, 2 * np.sin(phase / 2))
    return np.where(f > 0, np.where(near_zero, order, train) - 0.5, 0)


def synthesise(
    parts: dict[str, np.ndarray],
    f0: np.ndarray,
    hop: int,
    n_fft: int,
    sample_rate: int,
    factor: float,
    noise: np.ndarray | None = None,
) -> np.ndarray:
    """Return the waveform as float64 [T * hop], approximately in the range -1 to 1.

    `parts` holds the real values of the heads harmonic, rotation, noise, free, free_cos and free_sin, each [T, n_fft /
    2 + 1]. `f0` [T] is in Hz, 0 if unvoiced. `noise` is complex [T, n_fft / 2 + 1] with variance 1 in the real and the
    imaginary part. If `noise` is None, random noise is used.
    """
    count, half = len(f0), n_fft // 2
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    train = np.pad(pulses(f0, hop, sample_rate), (half, n_fft))
    cut = np.lib.stride_tricks.sliding_window_view(train, n_fft)[::hop][:count]
    spectrum = np.fft.rfft(cut * window / (n_fft / 4))
    if noise is None:
        noise = np.random.default_rng(0).standard_normal((count, half + 1, 2)) @ [1, 1j]

    def gain(role):
        return factor * np.exp(np.minimum(parts[role], 7.0))

    spectrum = (
        spectrum * gain("harmonic") * np.exp(1j * np.pi * parts["rotation"])
        + noise * gain("noise")
        + gain("free") * (parts["free_cos"] + 1j * parts["free_sin"])
    )
    spectrum[:, [0, -1]] = 0
    sums, squares = np.zeros(count * hop + n_fft), np.zeros(-(-n_fft // hop) * hop)
    squares[:n_fft] = window**2
    total = np.tile(squares.reshape(-1, hop).sum(0), len(squares) // hop)[:n_fft]
    for frame, samples in enumerate(np.fft.irfft(spectrum, n_fft) * window / total):
        sums[frame * hop : frame * hop + n_fft] += samples
    return sums[half : half + count * hop]
