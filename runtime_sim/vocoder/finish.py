"""The last stage of the vocoder: loudness, equaliser and limiter, exactly as the watch computes them.

finish = Finish(gain=207, equaliser="watch")
pcm = finish.samples(sums, volume=256, sample_rate=16000)      # int16

Each sum, in Q3, is multiplied by the volume and the voice's gain. The equaliser's sections are biquads (direct form 1).
The limiter compresses values above KNEE instead of clipping them. For formulas and bounds, see
docs/explanation/vocoder.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, sin, sqrt

import numpy as np

from ticktalk.runtime_sim.vocoder import fft, rise

ONE = 256  # gain 1.0
GAINS = (64, 1023)  # -12 dB to 12 dB
GAIN_SHIFT = 13  # volume * gain << GAIN_SHIFT converts Q3 to samples: 2^29 / 2^32 at volume 1.0 and gain 1.0
MOST_GAIN = (1 << 18) - 1  # limit of volume * gain; keeps the shifted product below 2^31
KNEE = 24575  # the limiter leaves smaller samples unchanged; KNEE + 2^13 is 32767
ROOM = 1 << 14  # excess over the knee at which the output reaches 32767
INPUT_BITS = 18  # the equaliser's input, in samples, saturates at this magnitude
SAMPLE_BITS = 12  # fraction bits of the equaliser's samples
COEFFICIENT_BITS = 30

Section = tuple[int, int, int, int, int]  # b0, b1, b2, -a1, -a2, in Q30


def _section(b: tuple[float, float, float], a: tuple[float, float, float]) -> Section:
    values = (b[0], b[1], b[2], -a[1], -a[2])
    b0, b1, b2, a1, a2 = (int(np.rint(value / a[0] * 2.0**COEFFICIENT_BITS)) for value in values)
    return b0, b1, b2, a1, a2


def high_pass(hertz: float, sample_rate: int) -> Section:
    """Return a Butterworth high-pass filter of order 2 (bilinear transform)."""
    w = 2 * pi * hertz / sample_rate
    c, alpha = cos(w), sin(w) / sqrt(2)
    return _section(((1 + c) / 2, -1 - c, (1 + c) / 2), (1 + alpha, -2 * c, 1 - alpha))


def peak(hertz: float, decibels: float, q: float, sample_rate: int) -> Section:
    """Return a filter that raises the frequencies around `hertz` (bilinear transform)."""
    w = 2 * pi * hertz / sample_rate
    c, alpha, root = cos(w), sin(w) / (2 * q), 10 ** (decibels / 40)
    return _section((1 + alpha * root, -2 * c, 1 - alpha * root), (1 + alpha / root, -2 * c, 1 - alpha / root))


# Maps a preset to a function that returns its sections for a sample rate.
EQUALISERS: dict[str, Callable[[int], tuple[Section, ...]]] = {
    "flat": lambda rate: (),
    "small": lambda rate: (high_pass(200, rate),),
    "watch": lambda rate: (high_pass(350, rate), peak(2500, 4, 0.8, rate)),
}


@dataclass(frozen=True)
class Finish:
    """The voice's gain in units of 1/256, within GAINS, and its equaliser, a key of EQUALISERS."""

    gain: int = ONE
    equaliser: str = "flat"

    def sections(self, sample_rate: int) -> tuple[Section, ...]:
        """Return the equaliser's sections."""
        return EQUALISERS[self.equaliser](sample_rate)

    def samples(self, sums: np.ndarray, volume: int, sample_rate: int, rises: np.ndarray | None = None) -> np.ndarray:
        """Return the int16 samples of an utterance for its int64 sums in Q3. `volume` is in units of 1/256.

        rises: of the pitch, int64, as long as the sums (see rise.py). The volume rises by the square of its factor.
        """
        gain = np.full(1, volume * self.gain)
        if rises is not None:
            gain = rise.scaled(rise.scaled(gain, rises), rises)
        samples = fft.mul(sums, np.minimum(gain, MOST_GAIN) << GAIN_SHIFT)
        if sections := self.sections(sample_rate):
            samples = equalised(samples, sections)
        return limited(samples)


def gain_for(lufs: float, target: float) -> int:
    """Return the gain that brings speech of the loudness `lufs` as close to `target` as GAINS allows."""
    return int(np.clip(np.rint(ONE * 10 ** ((target - lufs) / 20)), *GAINS))


def equalised(samples: np.ndarray, sections: tuple[Section, ...]) -> np.ndarray:
    """Return the filtered samples as int64. The filter starts from silence."""
    most = 1 << INPUT_BITS - 1
    values = (np.clip(samples, -most, most - 1) << SAMPLE_BITS).tolist()
    for b0, b1, b2, a1, a2 in sections:
        x1 = x2 = y1 = y2 = 0
        for at, x in enumerate(values):
            y = 0
            for value, factor in ((x, b0), (x1, b1), (x2, b2), (y1, a1), (y2, a2)):
                y += (value * factor + (1 << 31)) >> 32
            y <<= 32 - COEFFICIENT_BITS
            x1, x2, y1, y2 = x, x1, y, y1
            values[at] = y
    return (np.asarray(values, np.int64) + (1 << SAMPLE_BITS - 1)) >> SAMPLE_BITS


def limited(samples: np.ndarray) -> np.ndarray:
    """Return the limited samples as int16. Above KNEE, the slope falls from 1 to 0, at which point the output is
    32767."""
    size = np.abs(samples)
    over = np.clip(size - KNEE, 0, ROOM)
    bent = np.minimum(size, KNEE) + over - (over * over >> 15)
    return np.where(samples < 0, -bent, bent).astype(np.int16)
