"""Generate the vocoder's C sources from a voice's tables, n_fft and hop."""

from dataclasses import dataclass

import numpy as np

from ticktalk.firmware_gen import vocoder_mve
from ticktalk.firmware_gen.project.render import render
from ticktalk.firmware_gen.vocoder_arrays import constant_arrays
from ticktalk.runtime_sim.vocoder import fft, finish, rise, synthesis
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


def compile_vocoder(voice: Voice, name: str, isa: str = "portable") -> CompiledVocoder:
    """Generate the C sources of a voice's vocoder for one of compile_graph's instruction sets. File names and symbols
    start with `name`."""
    hop, n_fft, rate = (voice.manifest[key] for key in ("hop", "n_fft", "sample_rate"))
    return compile_tables(
        voice.tables, hop, n_fft, voice.spectral_widths, name, voice.finish, rate, isa, voice.mean_pitch
    )


def compile_tables(
    tables: dict[str, np.ndarray],
    hop: int,
    n_fft: int,
    widths: dict[str, int],
    name: str = "vocoder",
    last: finish.Finish = finish.Finish(),
    sample_rate: int = 16000,
    isa: str = "portable",
    mean_pitch: int = 0,
) -> CompiledVocoder:
    """Generate the C sources of a vocoder from voice tables (docs/reference/voice-folder.md).

    `widths` has the format of Voice.spectral_widths. File names and symbols start with `name`. `last` is the voice's
    gain and equaliser. `isa` is one of compile_graph's instruction sets. `mean_pitch` is Voice.mean_pitch.
    """
    reference = synthesis.Vocoder(tables, hop, n_fft)  # raises an error if the tables are unusable
    vector = isa == "mve" and vocoder_mve.suits(n_fft)
    arrays = constant_arrays(tables, reference.plan, hop, n_fft, name)
    if vector:
        arrays = vocoder_mve.arranged(arrays, reference.plan, name)
    points, pulse_delay, output_delay = (
        n_fft // 2,
        vocoder_tables.pulse_delay(n_fft, hop),
        vocoder_tables.output_delay(n_fft, hop),
    )
    # Number of bins per head, not counting bin n_fft / 2.
    kept = {role: min(width, points) for role, width in widths.items()}
    masks = vocoder_mve.masks(kept, points) if vector else {}
    padding = {role: vocoder_mve.LANES - 1 if any(role == each for each, _ in masks) else 0 for role in kept}
    offsets = tables["speaker_pitch"].tolist() if "speaker_pitch" in tables else []
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
        "pitches": (len(tables["pitch"]) - 1 - max(offsets, default=0)) // 255,
        "speakers": bool(offsets),
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
        "whisper_shift": synthesis.WHISPER_SHIFT,
        "mean_pitch": mean_pitch,
        "most_pitch": len(tables["pitch"]) - 1,
        "shift_bits": vocoder_tables.SHIFT_BITS,
        "semitones": vocoder_tables.SEMITONES,
        "gain": last.gain,
        "rises": rise.RISES,
        "pace": rise.PACE,
        "rise_bits": rise.BITS,
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
        "vector": vector,
        "masks": masks,
        "padding": padding,
        **(vocoder_mve.context(reference.plan) if vector else {}),
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
    if vector:
        files[f"{name}_fft.c"] = render("speech/vocoder_fft_mve.c.j2", **context)
        files["tt_vector.h"] = render("speech/tt_vector.h.j2")
    state = (
        pulse_delay * (sum(kept.values()) + sum(padding.values()))
        + 8 * points
        + 4 * (output_delay * hop + points)
        + 2 * train
        + 49
        + pulse_delay
        + output_delay
    )
    state += 8 * (len(sections) + 1) * bool(sections) + 4 * bool(offsets)
    return CompiledVocoder(files, {"constant_bytes": sum(table.array.nbytes for table in arrays), "state_bytes": state})
