"""Synthesise the student's audio differentiably, and compare it with the recording or the teacher's audio.

This module implements the vocoder in keras.ops. The vocoder filters the recording's own pulses with the harmonic
magnitudes and the rotation, adds noise, and overlap-adds the windowed frames. Because the pulses are aligned with the
recording, the loss can compare both spectra and the low frequencies of the waveform. For a teacher with internals, the
loss uses only the free component, which carries nearly all of the audible signal.
"""

import numpy as np
from keras import ops

from ticktalk.converter.features.decompose import UNIT
from ticktalk.converter.geometry import Geometry
from ticktalk.converter.training.tensor import Tensor

SIZES = (256, 512, 1024)  # transform sizes for comparing spectra
PARTS = 4  # hops per transform
FLOOR = 3e-4

FreePart = tuple[Tensor, Tensor, Tensor]  # log, cos, sin: see free_sound


def cut(x: Tensor, size: int, hop: int) -> Tensor:
    """Split x [B, S] into frames [B, frames, size]. Both S - size and size must be multiples of hop."""
    frames, parts = (x.shape[1] - size) // hop + 1, size // hop
    rows = ops.reshape(x[:, : (frames + parts - 1) * hop], (-1, frames + parts - 1, hop))
    return ops.concatenate([rows[:, i : i + frames] for i in range(parts)], -1)


def synthesis(
    harmonic: Tensor,
    rotation: Tensor,
    noise: Tensor,
    pulses: Tensor,
    voiced: Tensor,
    chance: Tensor,
    g: Geometry,
) -> Tensor:
    """Return the audio for three heads [B, T, bins].

    harmonic, noise: natural log magnitudes.
    rotation: half turns.
    pulses: [B, (T - 1) * hop + n_fft], which is also the shape of the result.
    voiced: [B, T, 1].
    chance: [B, T, bins, 2], normally distributed samples for the noise.
    """
    re, im = ops.rfft(cut(pulses, g.n_fft, g.hop) * (g.window / (g.n_fft / 4)).astype("float32"))
    gain = ops.exp(ops.minimum(harmonic, 7.0)) * voiced
    cos, sin = ops.cos(np.pi * rotation), ops.sin(np.pi * rotation)
    loud = ops.exp(ops.minimum(noise, 7.0))
    return _overlapped(
        (gain * (re * cos - im * sin) + loud * chance[..., 0], gain * (re * sin + im * cos) + loud * chance[..., 1]), g
    )


def free_sound(log: Tensor, cos: Tensor, sin: Tensor, mask: Tensor, g: Geometry) -> Tensor:
    """Return the audio of the free component. The result has the same shape as that of `synthesis`.

    log, cos, sin: heads [B, T, bins], the log magnitude and its cosine and sine factors.
    mask: [B, T, 1].
    """
    size = ops.exp(ops.minimum(log, 7.0)) * mask
    silent = ((0, 0), (0, 0), (0, g.bins - log.shape[-1]))
    return _overlapped((ops.pad(size * cos, silent), ops.pad(size * sin, silent)), g)


def _overlapped(spectrum: tuple[Tensor, Tensor], g: Geometry) -> Tensor:
    """Overlap-add windowed frames.

    Takes the real and imaginary parts [B, T, bins] and returns audio [B, (T - 1) * hop + n_fft].
    """
    inside = np.ones(g.bins, np.float32)
    inside[[0, -1]] = 0
    scale = (g.window / g.window_power).astype(np.float32) * (g.n_fft / 4) / UNIT
    frames = ops.irfft(tuple(part * inside for part in spectrum), g.n_fft) * scale
    parts = ops.reshape(frames, (-1, frames.shape[1], g.overlap, g.hop))
    count = frames.shape[1] + g.overlap - 1
    rows = sum(ops.pad(parts[:, :, i], ((0, 0), (i, g.overlap - 1 - i), (0, 0))) for i in range(g.overlap))
    return ops.reshape(rows, (-1, count * g.hop))


def magnitudes(x: Tensor, size: int) -> Tensor:
    """Return the magnitude spectra [B, frames, size / 2 + 1] of audio [B, S].

    Uses matrix products because XLA takes minutes to compile the FFT.
    """
    hop, angle = size // PARTS, 2 * np.pi / size * np.outer(np.arange(size), np.arange(size // 2 + 1))
    window = (np.hanning(size + 1)[:-1] / (size / 4))[:, None]
    basis = (
        np.concatenate([np.cos(angle) * window, np.sin(angle) * window], 1).astype("float32").reshape(PARTS, hop, -1)
    )
    frames = (x.shape[1] - size) // hop + 1
    rows = ops.reshape(x[:, : (frames + PARTS - 1) * hop], (-1, frames + PARTS - 1, hop))
    both = sum(ops.matmul(rows[:, i : i + frames], basis[i]) for i in range(PARTS))
    return ops.sqrt(both[..., : size // 2 + 1] ** 2 + both[..., size // 2 + 1 :] ** 2 + 1e-10)


def recorded_sounds(
    harmonic: Tensor, rotation: Tensor, noise: Tensor, y: dict[str, Tensor], g: Geometry
) -> tuple[Tensor, Tensor]:
    """Return the audio of three heads, as in `synthesis`, and the recording, both [B, S]."""
    recording, pulses = y["sound"][..., 0], y["sound"][..., 1]
    made = synthesis(harmonic, rotation, noise, pulses, y["voiced"][..., None], y["chance"], g)
    return _whole(made, g), _whole(recording, g)


def free_sounds(student: FreePart, teacher: FreePart, mask: Tensor, g: Geometry) -> tuple[Tensor, Tensor]:
    """Return the audio of the student's and the teacher's free components, both [B, S].

    Each component is (log, cos, sin), as in free_sound.
    """
    made, wanted = (_whole(free_sound(*parts, mask, g), g) for parts in (student, teacher))
    return made, wanted


def wave_error(made: Tensor, recording: Tensor) -> Tensor:
    """Return the relative error of the waveform [B, S], as a scalar."""
    difference = ops.sum((made - recording) ** 2, 1) / (ops.sum(recording**2, 1) + 1e-2)
    return ops.mean(ops.sqrt(difference + 1e-4))


def sound_error(made: Tensor, wanted: Tensor) -> Tensor:
    """Return the spectral distance between two audio batches [B, S], averaged over several resolutions, as a scalar.

    The distance is the log magnitude distance plus the spectral convergence (Yamamoto, Song and Kim, Parallel WaveGAN,
    2020).
    """
    error = 0.0
    for size in SIZES:
        a, b = magnitudes(made, size), magnitudes(wanted, size)
        error = (
            error
            + ops.mean(ops.abs(ops.log(a + FLOOR) - ops.log(b + FLOOR)))
            + ops.sum(ops.abs(a - b)) / ops.sum(b + 1e-6)
        )
    return error / len(SIZES)


def _whole(sound: Tensor, g: Geometry) -> Tensor:
    """Drop the samples at either end that are not covered by all of their windows."""
    edge = g.n_fft - g.hop
    return sound[:, edge : sound.shape[1] - edge]
