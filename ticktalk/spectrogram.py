"""Plot speech as a waveform and spectrogram, in a file or in characters."""

import importlib.util
from itertools import pairwise
from pathlib import Path

import numpy as np

from ticktalk.runtime_sim.errors import MissingToolError
from ticktalk.system.files import replacing
from ticktalk.system.installing import pip_install

SHADES = " ░▒▓█"


def require_matplotlib() -> None:
    """Raise MissingToolError if matplotlib is missing. Called before any long computation."""
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingToolError(f"matplotlib is missing: {pip_install('demo')}")


def draw(pcm: np.ndarray, rate: int, path: Path) -> None:
    """Plot the waveform and spectrogram of int16 samples as a PNG file."""
    require_matplotlib()
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 5), layout="constrained")
    wave, spectrum = figure.subplots(2, sharex=True, height_ratios=(1, 3))
    wave.plot(np.arange(len(pcm)) / rate, pcm / 32768, linewidth=0.4)
    wave.set_ylabel("amplitude")
    spectrum.set_facecolor(colormaps["viridis"](0))
    with np.errstate(divide="ignore"):  # digital silence is -inf dB, which is drawn as background
        spectrum.specgram(pcm / 32768, NFFT=512, Fs=rate, noverlap=384, vmin=-140, cmap="viridis")
    spectrum.set(xlabel="seconds", ylabel="Hz")
    with replacing(path) as part:
        figure.savefig(part, format="png", dpi=110)


def sketch(pcm: np.ndarray, columns: int = 72, rows: int = 10) -> list[str]:
    """Return the spectrogram of int16 samples as lines of characters, with the highest frequency on top."""
    size = max(64, len(pcm) // columns)
    frames = np.zeros((columns, size))
    for column, at in enumerate(np.linspace(0, max(0, len(pcm) - size), columns).astype(int)):
        part = pcm[at : at + size]
        frames[column, : len(part)] = part
    power = np.abs(np.fft.rfft(frames * np.hanning(size))) ** 2
    edges = np.round(power.shape[1] * np.linspace(0, 1, rows + 1) ** 1.5).astype(int)  # finer at low frequencies
    level = np.array([power[:, low : max(low + 1, high)].mean(axis=1) for low, high in pairwise(edges)])
    decibels = 10 * np.log10(level + 1e-9)
    shade = np.clip((decibels - decibels.max() + 60) / 60 * len(SHADES), 0, len(SHADES) - 1).astype(int)
    return ["".join(SHADES[each] for each in row).rstrip() for row in shade[::-1]]
