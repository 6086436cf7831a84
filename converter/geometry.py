"""How a new voice cuts sound into frames: the one place that states its rate, hop and transform.

Every stage (recordings, features, batches, losses, export) is handed a Geometry or takes GEOMETRY. What a voice has
been trained with is in its voice.toml, from which the simulator and the C take it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ticktalk.converter.errors import DistillError

# Magnitudes of all heads are counted in transforms of this size, hibari's: a cosine of amplitude 1 is a quarter of it.
REFERENCE_N_FFT = 1200


@dataclass(frozen=True)
class Geometry:
    """rate in Hz; hop and n_fft in samples. DistillError unless the overlapping windows can be undone."""

    rate: int
    hop: int
    n_fft: int

    def __post_init__(self) -> None:
        if self.hop < 2 or self.n_fft % self.hop or self.n_fft < 2 * self.hop or self.n_fft % 4 or self.rate < self.hop:
            raise DistillError(
                f"hop {self.hop} and n_fft {self.n_fft} at {self.rate} Hz do not go together: n_fft should be a "
                "multiple of 4 and of the hop, at least twice the hop"
            )

    @property
    def bins(self) -> int:
        """Bins of a transform, from 0 to half the rate."""
        return self.n_fft // 2 + 1

    @property
    def overlap(self) -> int:
        """Hops a window is long."""
        return self.n_fft // self.hop

    @property
    def frames_a_second(self) -> float:
        """Frames a second."""
        return self.rate / self.hop

    def bin_at(self, hertz: float) -> int:
        """The bin nearest to a frequency."""
        return round(hertz * self.n_fft / self.rate)

    @cached_property
    def window(self) -> np.ndarray:
        """Periodic Hann, float64 [n_fft]."""
        return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.n_fft) / self.n_fft)

    @cached_property
    def window_power(self) -> np.ndarray:
        """Sum of the squared windows over each sample of a frame, float64 [n_fft]: what overlap-add is divided by."""
        return np.tile((self.window**2).reshape(-1, self.hop).sum(0), self.overlap)


GEOMETRY = Geometry(rate=16000, hop=200, n_fft=800)  # of every new voice, unless one is handed over
