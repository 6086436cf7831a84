"""Plot speech as a waveform and spectrogram."""

import importlib.util
from pathlib import Path

import numpy as np

from ticktalk.runtime_sim.errors import MissingToolError
from ticktalk.system.files import replacing


def require_matplotlib() -> None:
    """Raise MissingToolError if matplotlib is missing. Called before any long computation."""
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingToolError('matplotlib is missing: pip install matplotlib or "ticktalk[demo]"')


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
