"""Compute features from a corpus of recordings, for teachers without internals.

Each recording is decomposed (converter/features/decompose.py). The shards have the layout described in
converter/storage/shards.py. The shards also contain the recorded audio, which the training loss compares with the
student's.

    DIR/0003/phonemes.npy, frames.npy, index.json   as in converter/storage/shards.py
             spectrum.npy   float16 [sum T, 3, bins]        harmonic, rotation, noise
             sound.npy      float16 [sum T * hop, 2]        recording, -1 to 1; pulses aligned with it
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ticktalk.converter.corpora.recordings import (
    UNKNOWN,
    Recordings,
    load_recordings,
    load_shard,
    prepare,
    record,
    recorded,
    shard_folders,
)
from ticktalk.converter.errors import DistillError
from ticktalk.converter.features.aligner import align_folder, load_alignment
from ticktalk.converter.features.decompose import decompose, polarity
from ticktalk.converter.geometry import GEOMETRY, Geometry
from ticktalk.converter.storage.shard_folder import (
    EnoughError,
    counted,
    digest_of,
    grouped,
    leading,
    make_shards,
    read_index,
    states,
    stopping,
    whole,
)
from ticktalk.converter.teachers.hibari import interpolate_f0
from ticktalk.converter.teachers.teacher import Teacher

# Its source, because shards of another version are not to be mixed with those of this one.
DECOMPOSITION = Path(inspect.getfile(decompose)).read_text(encoding="utf-8")
LevelOf = Callable[[list[np.ndarray], int], float]

JUDGED = 20  # number of recordings used to determine polarity and level
PEAK = 0.4  # level, relative to full scale, below which nine in ten recordings peak after level adjustment


def recordable(teacher: str, sentences: list[str], corpus: Path) -> Teacher:
    """Return the teacher, which can speak the sentences into the folder `corpus`.

    Raises DistillError if that contains something else, or if the teacher is not free and has not been recorded with
    `ticktalk corpus --yes`.
    """
    source = prepare(teacher, corpus)
    if bill := source.to_pay(sentences):
        raise DistillError(
            f"teacher {source.card.name}: {bill}; to pay and record, run "
            f"`ticktalk corpus --teacher {teacher} --out {corpus} --yes` first"
        )
    return source


def features_from_recordings(
    teacher: str,
    sentences: list[str],
    text: str,
    work: Path,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    report: Callable[[str], None] = print,
    cluster: str | None = None,
    geometry: Geometry = GEOMETRY,
    enough: Callable[[bool], bool] = lambda recorded: False,
    level_of: LevelOf | None = None,
) -> list[Path]:
    """Record the teacher speaking the sentences, and store the decomposed recordings as shards in `work`/features.

    Existing shards are kept.

    text: source of the sentences.
    enough: called after each shard is recorded (with True) or decomposed (with False). If it returns True, the run
    stops and keeps the finished shards.
    level_of: see features_of.
    """
    corpus = work / "corpus"
    source = recordable(teacher, sentences, corpus)
    result = record(
        source, sentences, text, corpus, workers, progress, report, cluster, geometry.rate, lambda: enough(True)
    )
    report(f"recordings: {result['utterances']} utterances, {result['seconds'] / 3600:.2f} hours")
    return features_of(corpus, work / "features", workers, progress, report, geometry, lambda: enough(False), level_of)


def features_of(
    corpus: Path,
    out: Path,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    report: Callable[[str], None] = print,
    geometry: Geometry = GEOMETRY,
    enough: Callable[[], bool] = lambda: False,
    level_of: LevelOf | None = None,
) -> list[Path]:
    """Decompose the corpus in the folder `corpus` into `out`, shard by shard. Complete shards are kept.

    The durations are from the teacher if it provides all of them, and otherwise from the aligner. The shards do not
    depend on the number of workers.

    level_of: returns the factor for the recordings, given some of them and their sample rate. The default makes nine in
    ten peak below PEAK.
    """
    recordings = load_recordings(corpus)
    if recordings.rate != geometry.rate:
        raise DistillError(
            f"{corpus}: recorded at {recordings.rate} Hz, but the voice requires {geometry.rate} Hz; "
            "record into another folder"
        )
    if not recordings.audio:
        raise DistillError(f"{corpus}: contains no recordings; run `ticktalk corpus` again to see the reason")
    durations = _durations(corpus, recordings, report)
    wanted = _wanted(shard_folders(corpus), recordings, durations, out, geometry, level_of)
    tasks = [task for task in wanted if not whole(task.folder, task.digest, report)]
    try:
        make_shards(_parts, tasks, workers, None, stopping(counted(progress, tasks, len(wanted)), enough))
    except EnoughError:
        missing = {task.folder for task in tasks}
        wanted = leading(wanted, lambda task: task.folder not in missing or whole(task.folder, task.digest))
    return [task.folder for task in wanted]


def kept(
    teacher: Teacher, sentences: list[str], work: Path, geometry: Geometry = GEOMETRY, level_of: LevelOf | None = None
) -> list[Path]:
    """Return the shards in `work`/features that `features_from_recordings` would keep, unless they are damaged."""
    corpus, out = work / "corpus", work / "features"
    count, groups = recorded(teacher, sentences, corpus, geometry.rate), grouped(sentences, out)
    if not count or not any(folder.is_dir() for folder, _ in groups):
        return []
    try:
        recordings = load_recordings(corpus, count)
        durations = _told(recordings)
        # More recordings change polarity and level, which the first ones determine, and all durations from the aligner.
        if count < len(groups) and len(recordings.audio) < JUDGED:
            return []
        if durations is None:
            if not count == len(groups) == recordings.about["shards"]:
                return []
            durations = load_alignment(corpus, recordings)
        wanted = _wanted(shard_folders(corpus)[:count], recordings, durations, out, geometry, level_of)
    except DistillError:  # reported when the features are computed
        return []
    return [task.folder for task in wanted if states(task.folder, task.digest)]


class _Task(NamedTuple):
    """The arguments of `_parts`."""

    folder: Path
    source: Path
    durations: list[np.ndarray]
    sign: int
    level: float
    digest: str
    geometry: Geometry


def _wanted(
    sources: list[Path],
    recordings: Recordings,
    durations: list[np.ndarray],
    out: Path,
    geometry: Geometry,
    level_of: LevelOf | None,
) -> list[_Task]:
    """Return the task of each shard of `sources`, which have these recordings, with durations [N] in samples."""
    judged = recordings.audio[:JUDGED]
    sign, level = polarity(judged, geometry), (level_of or _level)(judged, geometry.rate)
    tasks, first = [], 0
    for source in sources:
        index = read_index(source)
        mine = durations[first : first + len(index["utterances"])]
        first += len(mine)
        made_with = f"{sign} {level} {geometry} {DECOMPOSITION}"
        digest = digest_of(*sorted(index["sha256"].values()), made_with, np.concatenate(mine).tobytes().hex())
        tasks.append(_Task(out / source.name, source, mine, sign, float(level), digest, geometry))
    return tasks


def _level(judged: list[np.ndarray], rate: int) -> float:
    return PEAK * 32768 / np.quantile([np.abs(audio.astype(int)).max() for audio in judged], 0.9)


def _durations(corpus: Path, recordings: Recordings, report: Callable[[str], None]) -> list[np.ndarray]:
    """Return each utterance's durations [N] in samples, reusing any earlier alignment."""
    if (told := _told(recordings)) is not None:
        return told
    try:
        return load_alignment(corpus, recordings)
    except DistillError:
        report("this teacher provides no durations; aligning the phonemes with the recordings")
        align_folder(corpus)
        return load_alignment(corpus, recordings)


def _told(recordings: Recordings) -> list[np.ndarray] | None:
    """Return each utterance's durations [N] in samples, or None if the teacher does not provide all of them."""
    told = [phonemes[:, 1] for phonemes in recordings.phonemes]
    return None if any((each == UNKNOWN).any() for each in told) else told


def in_frames(durations: np.ndarray, frames: int, hop: int = GEOMETRY.hop) -> np.ndarray | None:
    """Convert durations [N] from samples to frames. Each duration is at least 1, and all durations add up to `frames`.

    Returns None if there are fewer frames than phonemes.
    """
    count = len(durations)
    if frames < count:
        return None
    at = np.arange(count)
    ends = np.maximum.accumulate(np.maximum(np.rint(np.cumsum(durations) / hop).astype(int), at + 1) - at) + at
    ends[-1] = frames
    return np.diff(np.minimum(ends, frames - (count - 1 - at)), prepend=0)


def _parts(
    folder: Path, source: Path, durations: list[np.ndarray], sign: int, level: float, digest: str, geometry: Geometry
) -> tuple[dict[str, np.ndarray], dict]:
    arrays: dict[str, list[np.ndarray]] = {"phonemes": [], "frames": [], "spectrum": [], "sound": []}
    sizes: list[list[int]] = []
    _, phonemes, recordings = load_shard(source)
    for rows, samples, audio in zip(phonemes, durations, recordings):
        frames = len(audio) // geometry.hop
        if (lengths := in_frames(samples, frames, geometry.hop)) is None:
            continue
        audio = audio * (level / 32768)
        parts = decompose(audio, sign, geometry)
        log_f0, voiced = interpolate_f0(parts.f0)
        arrays["phonemes"].append(np.stack([rows[:, 0], lengths], 1).astype(np.int16))
        arrays["frames"].append(np.stack([log_f0, voiced, parts.energy], 1).astype(np.float32))
        arrays["spectrum"].append(parts.spectrum)
        sound = np.stack([audio, parts.pulses], 1)
        arrays["sound"].append(sound[: frames * geometry.hop].astype(np.float16))
        sizes.append([len(rows), frames])
    if not sizes:
        raise DistillError(f"{folder}: every recording of {source} is too short for its phonemes")
    return {name: np.concatenate(values) for name, values in arrays.items()}, {"utterances": sizes, "digest": digest}
