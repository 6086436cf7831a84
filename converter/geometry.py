"""The division of a new voice's audio into frames. The sample rate, hop and transform size of new voices are set only
here.

Every stage (recordings, features, batches, losses, export) receives a Geometry or uses GEOMETRY. A finished voice
states its own geometry in voice.toml, from which the simulator and the C export read it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ticktalk.converter.errors import DistillError

# hibari's transform size, which defines the unit of all predicted magnitudes. A cosine of amplitude 1 has the magnitude
# REFERENCE_N_FFT / 4.
REFERENCE_N_FFT = 1200


@dataclass(frozen=True)
class Geometry:
    """Sample rate in Hz, hop and n_fft in samples.

    Raises DistillError if overlap-add cannot invert the transform.
    """

    rate: int
    hop: int
    n_fft: int

    def __post_init__(self) -> None:
        if self.hop < 2 or self.n_fft % self.hop or self.n_fft < 2 * self.hop or self.n_fft % 4 or self.rate < self.hop:
            raise DistillError(
                f"hop {self.hop} and n_fft {self.n_fft} at {self.rate} Hz do not match: n_fft must be a "
                "multiple of 4 and of the hop, and at least twice the hop"
            )

    @property
    def bins(self) -> int:
        """Number of frequency bins, from 0 Hz to half the sample rate."""
        return self.n_fft // 2 + 1

    @property
    def overlap(self) -> int:
        """Window length in hops."""
        return self.n_fft // self.hop

    @property
    def frames_a_second(self) -> float:
        """Frame rate in Hz."""
        return self.rate / self.hop

    def bin_at(self, hertz: float) -> int:
        """Return the index of the bin nearest to a frequency in Hz."""
        return round(hertz * self.n_fft / self.rate)

    @cached_property
    def window(self) -> np.ndarray:
        """Periodic Hann window, float64 [n_fft]."""
        return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.n_fft) / self.n_fft)

    @cached_property
    def window_power(self) -> np.ndarray:
        """Sum of the squares of all overlapping windows at each sample of a frame, float64 [n_fft].

        Overlap-add divides by this sum.
        """
        return np.tile((self.window**2).reshape(-1, self.hop).sum(0), self.overlap)


GEOMETRY = Geometry(rate=16000, hop=200, n_fft=800)  # default for new voices
