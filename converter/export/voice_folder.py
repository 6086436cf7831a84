"""Write a finished voice (two graphs, integer tables and a manifest) atomically."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import tomllib
from collections.abc import Callable, Container, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ticktalk.converter.errors import DistillError
from ticktalk.converter.export.toml import manifest_text
from ticktalk.converter.geometry import REFERENCE_N_FFT
from ticktalk.converter.storage.shard_folder import cannot_write
from ticktalk.runtime_sim.licence import KEYS
from ticktalk.runtime_sim.text.bundled import frontend, pack_names
from ticktalk.runtime_sim.vocoder.tables import tables_of_voice
from ticktalk.system import folders
from ticktalk.system.files import one_line

if TYPE_CHECKING:  # these modules import Keras, which takes seconds
    from ticktalk.converter.export.deploy import DeployedGraph
    from ticktalk.converter.lessons import Lesson
    from ticktalk.converter.training.regression import Student

LOUDNESS = 1.3  # compensates for teachers that peak at only 0.3 to 0.6 of full scale
LIMIT = 400  # maximum number of phoneme ids per utterance
FILES = ("phoneme.tflite", "frame.tflite", "tables.npz", "voice.toml")


def _dequantised(parameters: tuple[float, int]) -> np.ndarray:
    scale, zero = parameters
    return (np.arange(-128, 128) - zero) * scale


def int8(values: np.ndarray, parameters: tuple[float, int]) -> np.ndarray:
    """Quantise real values to int8, with a scale and a zero point."""
    scale, zero = parameters
    return np.clip(np.rint(np.asarray(values) / scale) + zero, -128, 127).astype(np.int8)


def tables(student: Student, phoneme: DeployedGraph, frame: DeployedGraph, pace: float) -> dict[str, np.ndarray]:
    """Return all arrays of tables.npz (docs/reference/voice-folder.md).

    Every duration is multiplied by `pace`.
    """
    from ticktalk.converter.export.quantise import embedding_int8, speakers_int8
    from ticktalk.converter.training.batches import position_value

    norm, positions, geometry = student.norm_statistics, student.config.positions, student.config.geometry
    pitch_scale, pitch_zero = frame.outputs["pitch"]
    outputs = dict(frame.outputs) | {"pitch": (pitch_scale * float(norm.std["pitch"]), pitch_zero)}
    frames = np.exp(_dequantised(phoneme.outputs["duration"])) * pace
    several, more = dict[str, np.ndarray](), 0
    if student.config.speakers:
        above = norm.mean["pitch"] - norm.mean["pitch"].min()
        several = speakers_int8(student) | {"speaker_pitch": np.rint(above / outputs["pitch"][0]).astype(np.int16)}
        more = int(several["speaker_pitch"].max())
    return {
        "embedding": embedding_int8(student),
        "hidden_to_frame": int8(_dequantised(phoneme.outputs["hidden"]), frame.input),
        "position": int8(position_value(np.arange(positions), positions), frame.input),
        "duration": np.clip(np.rint(frames * 64), 64, 65535).astype(np.uint16),
        # The voicing output is a logit, so values above 0 mean voiced.
        **tables_of_voice(
            outputs,
            LOUDNESS * geometry.n_fft / REFERENCE_N_FFT,
            sample_rate=geometry.rate,
            voicing_above=0.0,
            pitch_offset=float(np.min(norm.mean["pitch"])),
            more_pitch=more,
        ),
        **several,
    }


def packs_for(language: str, symbols: Container[str]) -> list[str]:
    """Return the bundled packs for `language` that a voice with these phoneme symbols can use."""
    return [
        name
        for name in pack_names()
        if language.lower() in (name, f"{name}-{name}", frontend(name).pack.manifest.get("extends"))
        and all(symbol in symbols for symbol in frontend(name).symbols)
    ]


def write_voice(
    out: Path,
    student: Student,
    phoneme: DeployedGraph,
    frame: DeployedGraph,
    chunks: tuple[int, int],
    pace: float,
    lessons: Sequence[Lesson],
    training: dict,
    scores: dict | None = None,
    sound: dict | None = None,
) -> None:
    """Write the voice folder `out`. An existing voice is replaced only when the new voice is complete.

    The ledger has the teacher of each lesson, and its text.
    """
    teacher = lessons[0].teacher
    archive = io.BytesIO()
    # Hide the signature, because NumPy 2's stubs check each array against the `allow_pickle` parameter.
    savez: Callable[..., None] = np.savez
    savez(archive, **tables(student, phoneme, frame, pace))
    files = dict(zip(FILES, (phoneme.flatbuffer, frame.flatbuffer, archive.getvalue())))
    sha256 = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    geometry = student.config.geometry
    contexts = student.config.phoneme_context, student.config.frame_context
    manifest = {
        "schema": 1,
        "language": teacher.language,
        "sample_rate": geometry.rate,
        "hop": geometry.hop,
        "n_fft": geometry.n_fft,
        **({"speakers": [lesson.name for lesson in lessons]} if student.config.speakers else {}),
        "phonemes": {
            "phonemizer": teacher.phonemizer,
            **({"packs": packs} if (packs := packs_for(teacher.language, teacher.symbols)) else {}),
            "edge": 0,
            "limit": LIMIT,
            "symbols": teacher.symbols,
        },
        "graphs": {
            name: {
                "file": f"{name}.tflite",
                "sha256": sha256[f"{name}.tflite"],
                "chunk": chunk,
                "context": context,
                "outputs": graph.roles,
            }
            for name, graph, chunk, context in zip(("phoneme", "frame"), (phoneme, frame), chunks, contexts)
        },
        "tables": {"file": "tables.npz", "sha256": sha256["tables.npz"]},
        "sound": sound or {},
        "training": training,
        "scores": scores or {},
    } | ledger_of(out, {lesson.name: lesson.facts for lesson in lessons})
    files["voice.toml"] = manifest_text(manifest).encode()
    try:
        folders.write(files, out, "voice", ours=_files_of(out))
    except folders.NotOurs as error:
        raise DistillError(str(error)) from None
    except OSError as error:
        raise cannot_write(out, error) from None


def ledger_of(out: Path, teachers: dict[str, dict]) -> dict:
    """Return the manifest entries for the voice's name and origin.

    teachers: the facts about each speaker's teacher (Lesson.facts), by the speaker's name. Of several, the table
    `teachers` has the facts of each, and the table `teacher` all licences; commercial use is allowed if all allow it.

    Folder and file names can contain any character, including newlines, which would make the voice unreadable after
    hours of training. Each name is therefore reduced to one line.
    """
    told = {
        speaker: {key: one_line(fact) if isinstance(fact, str) else fact for key, fact in facts.items()}
        for speaker, facts in teachers.items()
    }
    first, *others = told.values()
    name = one_line(Path(os.path.abspath(out)).name)
    if not others:
        return {"name": name, "teacher": first}
    texts = {key: [facts[key] for facts in told.values() if isinstance(facts.get(key), str)] for key in KEYS}
    joined: dict[str, object] = {key: "; ".join(dict.fromkeys(found)) for key, found in texts.items() if found}
    allowed = {facts.get("commercial") for facts in told.values()}
    if False in allowed or None not in allowed:
        joined["commercial"] = False not in allowed
    return {"name": name, "teacher": joined, "teachers": told}


def check_out(out: Path, work: Path) -> None:
    """Raise DistillError if no voice can be written to `out` at the end of a run with the work folder `work`.

    Call this before training, because training can take hours.
    """
    target, inner = Path(os.path.realpath(out)), Path(os.path.realpath(work))
    ours = _files_of(out)
    if not ours and inner.is_relative_to(target):  # it would not be empty at the end
        raise DistillError(f"{out}: the run keeps its own files in {work}; choose another folder for the voice")
    if os.path.lexists(out):
        try:
            folders.check(target, "voice", set(FILES), ours, marked=False)
        except folders.NotOurs as error:
            raise DistillError(str(error)) from None
    above = next(folder for folder in (target, *target.parents) if os.path.lexists(folder))
    if not above.is_dir():
        raise DistillError(f"{out}: {above} is not a folder; choose another path")
    try:
        os.rmdir(tempfile.mkdtemp(prefix=".ticktalk-", dir=above))
    except OSError as error:
        raise cannot_write(out, error) from None


def _files_of(out: Path) -> set[str]:
    """Return the names of the voice files in `out`: FILES if `out` contains a voice's manifest, otherwise no names."""
    try:
        manifest = tomllib.loads((out / "voice.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return set()
    return set(FILES) if {"schema", "graphs", "tables", "teacher"} <= set(manifest) else set()
