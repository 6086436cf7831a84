"""Generate the vocoder's C sources from a voice's tables, n_fft and hop."""

from dataclasses import dataclass

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type, initialiser
from ticktalk.firmware_gen.project.escape import Code
from ticktalk.firmware_gen.project.render import render
from ticktalk.runtime_sim.vocoder import fft, finish, synthesis
from ticktalk.runtime_sim.vocoder import tables as vocoder_tables
from ticktalk.runtime_sim.voice import Voice


@dataclass(frozen=True)
class CompiledVocoder:
    """Generated C sources of a vocoder.

    `files` maps file names to source text. `facts` holds the size of the tables (constant_bytes) and of the
    vocoder's state (state_bytes).
    """

    files: dict[str, str]
    facts: dict[str, int]


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


def compile_vocoder(voice: Voice, name: str) -> CompiledVocoder:
    """Generate the C sources of a voice's vocoder. File names and symbols start with `name`."""
    hop, n_fft, rate = (voice.manifest[key] for key in ("hop", "n_fft", "sample_rate"))
    return compile_tables(voice.tables, hop, n_fft, voice.spectral_widths, name, voice.finish, rate)


def compile_tables(
    tables: dict[str, np.ndarray],
    hop: int,
    n_fft: int,
    widths: dict[str, int],
    name: str = "vocoder",
    last: finish.Finish = finish.Finish(),
    sample_rate: int = 16000,
) -> CompiledVocoder:
    """Generate the C sources of a vocoder from voice tables (docs/reference/voice-folder.md).

    `widths` has the format of Voice.spectral_widths. File names and symbols start with `name`. `last` is the voice's
    gain and equaliser.
    """
    reference = synthesis.Vocoder(tables, hop, n_fft)  # raises an error if the tables are unusable
    arrays = constant_arrays(tables, reference.plan, hop, n_fft, name)
    points, pulse_delay, output_delay = (
        n_fft // 2,
        vocoder_tables.pulse_delay(n_fft, hop),
        vocoder_tables.output_delay(n_fft, hop),
    )
    # Number of bins per head, not counting bin n_fft / 2.
    kept = {role: min(width, points) for role, width in widths.items()}
    train = pulse_delay * hop + hop // 2 + points + vocoder_tables.TAPS // 2
    context = {
        "name": name,
        "train": train,
        "kept": kept,
        "noise": "noise" in kept,
        "free": "free" in kept,
        "hop": hop,
        "n_fft": n_fft,
        "points": points,
        "pitches": len(tables["pitch"]) // 255,
        "pulse_delay": pulse_delay,
        "output_delay": output_delay,
        "delay": pulse_delay + output_delay,
        "taps": vocoder_tables.TAPS,
        "phases": vocoder_tables.PHASES,
        "hop_reciprocal": reference.hop_reciprocal,
        "spectrum_bits": synthesis.SPECTRUM_BITS,
        "pulse_mean": synthesis.PULSE_MEAN,
        "lcg_multiplier": synthesis.LCG_MULTIPLIER,
        "lcg_increment": synthesis.LCG_INCREMENT,
        "shift_bits": vocoder_tables.SHIFT_BITS,
        "semitones": vocoder_tables.SEMITONES,
        "gain": last.gain,
        "most_gain": finish.MOST_GAIN,
        "gain_shift": finish.GAIN_SHIFT,
        "knee": finish.KNEE,
        "room": finish.ROOM,
        "sections": (sections := last.sections(sample_rate)),
        "input_bits": finish.INPUT_BITS,
        "sample_bits": finish.SAMPLE_BITS,
        "coefficient_bits": finish.COEFFICIENT_BITS,
        "increments": vocoder_tables.INCREMENTS,
        "bin": (2**32 + n_fft // 2) // n_fft,
        "voicing_threshold": int(tables["voicing_threshold"]),
        "free_zero_point": tables["free_zero_point"].tolist() if "free" in kept else [],
        "stages": reference.plan.stages,
        "radices": [stage.radix for stage in reference.plan.stages],
        "sqrt5_4": fft.SQRT5_4,
        "sin_1": fft.SIN_1,
        "sin_2": fft.SIN_2,
        "arrays": arrays,
    }
    parts = ("", "_fft", "_tables")
    files = {
        f"{name}{part}.{suffix}": render(f"speech/vocoder{part}.{suffix}.j2", **context)
        for part in parts
        for suffix in ("h", "c")
    } | {
        "ticktalk.h": render("ticktalk.h"),
        "tt_math.h": render("speech/tt_math.h"),
        "tt_build.h": render("graph/tt_build.h"),
    }
    state = pulse_delay * sum(kept.values()) + 8 * points + 4 * (output_delay * hop + points) + 2 * train + 32
    state += 8 * (len(sections) + 1) * bool(sections)
    return CompiledVocoder(files, {"constant_bytes": sum(table.array.nbytes for table in arrays), "state_bytes": state})


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
    ]
