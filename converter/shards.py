"""Teacher features on disk, in shards that are written once and can be resumed.

    DIR/0003/phonemes.npy   int16 [sum N, 2]     id, duration in frames
             frames.npy     float32 [sum T, 3]   log f0, voiced, energy
             spectrum.npy   float16 [sum T, 5, 401]
             index.json      {"utterances": [[N, T], ...], "digest": of the shard's sentences and teacher}

index.json is written last, so that a shard without one is made again.
"""

import hashlib
import json
import multiprocessing
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from converter.errors import DistillError

SENTENCES_A_SHARD = 100


def _digest(sentences: list[str], teacher: str) -> str:
    return hashlib.sha256("\n".join([teacher, *sentences]).encode()).hexdigest()


def make_teacher(name: str):
    """The teacher of this name; DistillError when there is none, MissingToolError when its package is not installed."""
    from converter.hibari_teacher import HibariTeacher

    if name != HibariTeacher.name:
        raise DistillError(f"no teacher {name!r}; there is: {HibariTeacher.name}")
    return HibariTeacher()


def _write_shard(task: tuple[Path, list[str], str]) -> Path:
    folder, sentences, teacher_name = task
    teacher = make_teacher(teacher_name)
    utterances = [u for sentence in sentences for u in teacher.utterances(sentence)]
    if not utterances:
        raise DistillError(f"{folder}: the teacher found nothing to say in {len(sentences)} sentences, the first {sentences[0]!r}")
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    np.save(partial / "phonemes.npy", np.concatenate([np.stack([u.ids, u.durations], 1) for u in utterances]))
    frames = [np.stack([u.log_f0, u.voiced.astype(np.float32), u.energy], 1) for u in utterances]
    np.save(partial / "frames.npy", np.concatenate(frames).astype(np.float32))
    np.save(partial / "spectrum.npy", np.concatenate([u.spectrum for u in utterances]))
    index = {"utterances": [[len(u.ids), len(u.log_f0)] for u in utterances], "digest": _digest(sentences, teacher_name)}
    (partial / "index.json").write_text(json.dumps(index))
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(partial, folder)
    return folder


def synthesise(sentences: list[str], teacher: str, out: Path, workers: int, progress=lambda done, total: None) -> list[Path]:
    """Teacher features of all `sentences` as shards under `out`, those already there left as they are.

    The shards depend on the sentences and the teacher alone, not on the number of workers.
    """
    out.mkdir(parents=True, exist_ok=True)
    groups = [sentences[i : i + SENTENCES_A_SHARD] for i in range(0, len(sentences), SENTENCES_A_SHARD)]
    folders = [out / f"{i:04d}" for i in range(len(groups))]
    tasks = [(f, g, teacher) for f, g in zip(folders, groups) if not _finished(f, _digest(g, teacher))]
    done = len(folders) - len(tasks)
    progress(done, len(folders))
    if tasks:
        # Fresh processes: a fork of one in which JAX already runs may lock up.
        with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
            for _ in pool.map(_write_shard, tasks):
                done += 1
                progress(done, len(folders))
    return folders


def _finished(folder: Path, digest: str) -> bool:
    try:
        return json.loads((folder / "index.json").read_text())["digest"] == digest
    except (OSError, ValueError, KeyError):
        return False


@dataclass(frozen=True)
class Features:
    """All shards as one: per utterance arrays (spectra memory-mapped). See the module's text for dtypes."""

    phonemes: list[np.ndarray]
    frames: list[np.ndarray]
    spectra: list[np.ndarray]


def load_features(folders: list[Path]) -> Features:
    """Open shards. Raises DistillError, naming the shard, when an array does not fit its index or is not finite."""
    phonemes, frames, spectra = [], [], []
    for folder in folders:
        try:
            index = json.loads((folder / "index.json").read_text())["utterances"]
            p, f = np.load(folder / "phonemes.npy"), np.load(folder / "frames.npy")
            s = np.load(folder / "spectrum.npy", mmap_mode="r")
        except (OSError, ValueError, KeyError) as error:
            raise DistillError(f"{folder}: corrupted shard ({error}); delete the folder and run again") from error
        n, t = np.sum(index, axis=0)
        if (len(p), len(f), len(s)) != (n, t, t) or p[:, 1].sum() != t or not np.isfinite(f).all():
            raise DistillError(f"{folder}: corrupted shard (array sizes do not fit index.json); delete the folder and run again")
        n = t = 0
        for length, duration in index:
            phonemes.append(p[n : n + length])
            frames.append(f[t : t + duration])
            spectra.append(s[t : t + duration])
            n, t = n + length, t + duration
    return Features(phonemes, frames, spectra)
