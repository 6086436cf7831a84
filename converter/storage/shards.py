"""A teacher's features, stored on disk in shards (converter/storage/shard_folder.py).

Each shard is written only once, and an interrupted run can be resumed.

DIR/0003/phonemes.npy   int16 [sum N, 2]     phoneme id, duration in frames
         frames.npy     float32 [sum T, 3]   log f0, voicing, energy
         spectrum.npy   float16 [sum T, 5, bins]    from recordings [sum T, 3, bins]
         sound.npy      float16 [sum T * hop, 2]    only from recordings (converter/features/from_recordings.py)
         index.json      {"utterances": [[N, T], ...], "digest": hash of the shard's sentences and teacher}
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ticktalk.converter.errors import DistillError
from ticktalk.converter.geometry import GEOMETRY, Geometry
from ticktalk.converter.storage.shard_folder import (
    INDEX,
    EnoughError,
    check_hashes,
    counted,
    digest_of,
    grouped,
    leading,
    make_shards,
    read_index,
    reading,
    states,
    stopping,
    whole,
)
from ticktalk.converter.teachers.catalogue import same_teacher
from ticktalk.converter.teachers.teacher import Card, Teacher


def _features(
    folder: Path, sentences: list[str], card: Card, identity: str, bins: int
) -> tuple[dict[str, np.ndarray], dict]:
    teacher = same_teacher(card, identity)
    utterances = [u for sentence in sentences for u in teacher.utterances(sentence, bins)]
    if not utterances:
        raise DistillError(
            f"{folder}: the teacher produced no speech for {len(sentences)} sentences, starting with {sentences[0]!r}"
        )
    frames = [np.stack([u.log_f0, u.voiced.astype(np.float32), u.energy], 1) for u in utterances]
    arrays = {
        "phonemes": np.concatenate([np.stack([u.ids, u.durations], 1) for u in utterances]),
        "frames": np.concatenate(frames).astype(np.float32),
        "spectrum": np.concatenate([u.spectrum for u in utterances]),
    }
    return arrays, {
        "utterances": [[len(u.ids), len(u.log_f0)] for u in utterances],
        "digest": _digest(identity, bins, sentences),
    }


def _digest(identity: str, bins: int, sentences: list[str]) -> str:
    return digest_of(identity, f"{bins} bins", *sentences)


def synthesise(
    sentences: list[str],
    teacher: Teacher,
    out: Path,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    report: Callable[[str], None] = lambda line: None,
    cluster: str | None = None,
    bins: int = GEOMETRY.bins,
    enough: Callable[[], bool] = lambda: False,
) -> list[Path]:
    """Compute the teacher's features for all `sentences` as shards in `out`. Complete shards are kept.

    A shard's content depends only on the sentences and the teacher, not on the workers (shard_folder.make_shards).

    report: called with a line for each corrupted shard, which is then rebuilt.
    enough: called after every shard. If it returns True, the run stops and keeps the finished shards.
    """
    shards = grouped(sentences, out)
    tasks = [
        (folder, group, teacher.card, teacher.identity, bins)
        for folder, group in shards
        if not whole(folder, _digest(teacher.identity, bins, group), report)
    ]
    try:
        make_shards(_features, tasks, workers, cluster, stopping(counted(progress, tasks, len(shards)), enough))
    except EnoughError:
        shards = leading(shards, lambda shard: whole(shard[0], _digest(teacher.identity, bins, shard[1])))
    return [folder for folder, _ in shards]


def kept(sentences: list[str], teacher: Teacher, out: Path, bins: int = GEOMETRY.bins) -> list[Path]:
    """Return the shards in `out` that `synthesise` would keep, unless they are damaged."""
    return [
        folder for folder, group in grouped(sentences, out) if states(folder, _digest(teacher.identity, bins, group))
    ]


def synthesised(
    sentences: list[str], teacher: Teacher, out: Path, pause: float = 1.0, bins: int = GEOMETRY.bins
) -> list[Path]:
    """Wait until another process has written all shards that `synthesise` would return, and return them.

    Checks every `pause` seconds.
    """
    shards = grouped(sentences, out)
    for folder, group in shards:
        while not whole(folder, _digest(teacher.identity, bins, group)):
            time.sleep(pause)
    return [folder for folder, _ in shards]


@dataclass(frozen=True)
class Features:
    """The content of all shards, one array per utterance, with memory-mapped spectra and sounds.

    The module docstring lists the dtypes. Features from recordings (converter/features/from_recordings.py) have
    `spectra` [T, 3, bins] and `sounds` [T * hop, 2]. In a voice with several speakers, `speakers` has the index of each
    utterance's speaker.
    """

    phonemes: list[np.ndarray]
    frames: list[np.ndarray]
    spectra: list[np.ndarray]
    sounds: list[np.ndarray] = field(default_factory=list)
    speakers: list[int] = field(default_factory=list)

    def held_out(self, every: int) -> tuple["Features", "Features"]:
        """Return two sets of features: those of every `every`th utterance of a speaker are in the second set, and all
        others in the first."""
        counts, numbers = Counter[int](), []
        for speaker in self.speakers or [0] * len(self.frames):
            counts[speaker] += 1
            numbers.append(counts[speaker])

        def chosen(kept: bool) -> Features:
            def of(column: list[Any]) -> list[Any]:
                return [each for each, number in zip(column, numbers) if bool(number % every) == kept]

            return Features(of(self.phonemes), of(self.frames), of(self.spectra), of(self.sounds), of(self.speakers))

        return chosen(True), chosen(False)


def together(parts: list[Features]) -> Features:
    """Return the features of several speakers, with their utterances in turn, so that the first ones are of all."""
    order = sorted((number, speaker) for speaker, part in enumerate(parts) for number in range(len(part.frames)))
    names = ("phonemes", "frames", "spectra", *(["sounds"] if parts[0].sounds else []))
    columns = {name: [getattr(parts[speaker], name)[number] for number, speaker in order] for name in names}
    return Features(**columns, speakers=[speaker for _, speaker in order])


def load_features(folders: list[Path], geometry: Geometry = GEOMETRY) -> Features:
    """Open shards that were computed with this geometry.

    Raises a DistillError that names the file or shard if one is corrupted or inconsistent, or contains NaN or infinite
    values.
    """
    phonemes, frames, spectra, sounds = [], [], [], []
    for folder in folders:
        index = read_index(folder)
        check_hashes(folder, index)
        with reading(folder):
            ends = np.cumsum(index["utterances"], axis=0)
            p, f = np.load(folder / "phonemes.npy"), np.load(folder / "frames.npy")
            s = np.load(folder / "spectrum.npy", mmap_mode="r")
            sound = np.load(folder / "sound.npy", mmap_mode="r") if "sound" in index["sha256"] else None
            _check(index["utterances"], p, f, s, sound, geometry)
            phonemes += np.split(p, ends[:-1, 0])
            frames += np.split(f, ends[:-1, 1])
            spectra += np.split(s, ends[:-1, 1])
            sounds += [] if sound is None else np.split(sound, ends[:-1, 1] * geometry.hop)
    return Features(phonemes, frames, spectra, sounds)


def _check(
    utterances: list,
    phonemes: np.ndarray,
    frames: np.ndarray,
    spectrum: np.ndarray,
    sound: np.ndarray | None,
    geometry: Geometry,
) -> None:
    """Raise ValueError if a shard's arrays do not have the layout in the module docstring, or do not match its
    utterances.
    """
    if np.min(utterances) < 1:
        raise ValueError(f"{INDEX} has an empty utterance")
    n, t = (int(total) for total in np.sum(utterances, axis=0))
    parts = 5 if sound is None else 3
    wanted = {
        "phonemes": (phonemes, np.int16, (n, 2)),
        "frames": (frames, np.float32, (t, 3)),
        "spectrum": (spectrum, np.float16, (t, parts, geometry.bins)),
    }
    if sound is not None:
        wanted["sound"] = sound, np.float16, (t * geometry.hop, 2)
    for name, (array, dtype, shape) in wanted.items():
        if (array.dtype, array.shape) != (dtype, shape):
            raise ValueError(
                f"{name} is {array.dtype} {list(array.shape)}, but should be {np.dtype(dtype)} {list(shape)}"
            )
    if phonemes.min() < 0:
        raise ValueError("phonemes contains negative numbers")
    begins = np.cumsum([0, *(length for length, _ in utterances[:-1])])
    if np.add.reduceat(phonemes[:, 1].astype(int), begins).tolist() != [frames for _, frames in utterances]:
        raise ValueError("the durations do not match the frames")
    if not np.isfinite(frames).all():
        raise ValueError("frames contains NaN or infinite values")
