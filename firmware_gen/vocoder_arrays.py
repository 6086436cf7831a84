"""The constant arrays of a vocoder's C sources."""

from dataclasses import dataclass

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type, initialiser
from ticktalk.firmware_gen.project.escape import Code
from ticktalk.runtime_sim.vocoder import rise
from ticktalk.runtime_sim.vocoder import tables as vocoder_tables


@dataclass(frozen=True, eq=False)
class Table:
    """A constant array with its C name and comment.

    If `pairs` is true, the last axis has length 2 and becomes a `struct ticktalk_complex`.
    """

    name: str
    meaning: str
    array: np.ndarray
    pairs: bool = False

    @property
    def type(self) -> str:
        return "struct ticktalk_complex" if self.pairs else c_type(self.array)

    @property
    def shape(self) -> str:
        return "".join(f"[{n}]" for n in (self.array.shape[:-1] if self.pairs else self.array.shape))

    @property
    def values(self) -> Code:
        if self.pairs or self.array.ndim > 1:
            return Code(",\n".join(f"{{{initialiser(row)}}}".replace("\n", "") for row in self.array))
        return initialiser(self.array)


def constant_arrays(
    tables: dict[str, np.ndarray], plan: vocoder_tables.FftPlan, hop: int, n_fft: int, prefix: str = "vocoder"
) -> list[Table]:
    """Return all constant arrays in the order in which they are written. The C names of the arrays start with
    `prefix`."""
    rotation = np.stack([tables["rotation_cos"], tables["rotation_sin"]], -1).astype(np.int32) << 16
    twiddles = [
        Table(
            f"{prefix}_twiddles_{i}",
            f"twiddle factors of stage {i}, radix {stage.radix}, Q31",
            stage.twiddles.reshape(-1, 2),
            True,
        )
        for i, stage in enumerate(plan.stages)
        if stage.stride > 1
    ]
    return [
        *twiddles,
        Table(f"{prefix}_split", "e^(2 pi i k / n_fft), Q31", plan.split, True),
        Table(f"{prefix}_position", "index of bin k in the FFT output", plan.position.astype(np.uint16)),
        Table(
            f"{prefix}_analysis", "analysis window for the pulses, first half", vocoder_tables.analysis_window(n_fft)
        ),
        Table(
            f"{prefix}_synthesis",
            "synthesis window for the samples, first half",
            vocoder_tables.synthesis_window(n_fft, hop),
        ),
        Table(f"{prefix}_pulse", "band-limited pulse at fractional sample positions, Q15", vocoder_tables.pulse()),
        Table(f"{prefix}_pitch", "phase increment, Q32 cycles per sample", tables["pitch"]),
        Table(f"{prefix}_pitch_shift", "pitch factor for -12 to 12 semitones, Q16", vocoder_tables.pitch_shift()),
        Table(
            f"{prefix}_rise",
            f"factor for {rise.RISES[0]} to {rise.RISES[1]} quarters of a semitone, Q15",
            rise.factors(),
        ),
        Table(
            f"{prefix}_harmonic_gain",
            f"Q{vocoder_tables.HARMONIC_BITS}, index q + 128",
            tables["harmonic_gain"].astype(np.int32),
        ),
        Table(f"{prefix}_rotation", "(cos, sin), Q31", rotation, True),
        *(
            Table(f"{prefix}_{name}", f"Q{bits}", tables[name].astype(np.int32))
            for name, bits in (("noise_gain", vocoder_tables.NOISE_BITS), ("free_gain", vocoder_tables.FREE_BITS))
            if name in tables
        ),
        *(
            Table(f"{prefix}_{name}", "added to the index of the speaker's pitch", tables[name])
            for name in ("speaker_pitch",)
            if name in tables
        ),
    ]
