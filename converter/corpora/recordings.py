"""Store a teacher's recordings on disk as a corpus, in shards (converter/storage/shard_folder.py).

Each shard is written once, and an interrupted run can be resumed.

DIR/corpus.json         the teacher's ledger entry, the text's source, phonemizer and symbols, number of shards
    0003/audio.npy      int16 [sum S]       at the sample rate given in corpus.json
         phonemes.npy   int32 [sum N, 2]    phoneme id; duration in samples, or UNKNOWN if the teacher provides none
         index.json     {"utterances": [[text, N, S], ...], "left_out": [[text, reason], ...],
                          "remarks": [[file or text, remark], ...], "digest": ...}
    answers/            cached responses of a paid teacher, so you never pay for the same text twice
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ticktalk.converter.audio.recording_checks import UnfitError, fault, remarks, resampled, trimmed
from ticktalk.converter.audio.wav_reader import check_rate
from ticktalk.converter.errors import DistillError
from ticktalk.converter.geometry import GEOMETRY
from ticktalk.converter.storage.run_lock import lock_file
from ticktalk.converter.storage.shard_folder import (
    INDEX,
    EnoughError,
    cannot_write,
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
from ticktalk.converter.teachers.catalogue import find_card, make_teacher, same_teacher
from ticktalk.converter.teachers.teacher import Card, Teacher
from ticktalk.system.files import write_text

UNKNOWN = -1
BAD_SHARE = 0.1  # maximum fraction of a shard's sentences that may be left out as unusable; above it, the run stops
PACE = (6.0, 20.0)  # plausible letters and digits per second, checked on shards of at least PACED sentences
PACED = 20
CORPUS = "corpus.json"
MOST_SHARDS = 100_000  # per corpus: enough for ten million sentences


@dataclass(frozen=True)
class Recordings:
    """A complete corpus: the text, phonemes (int32 [N, 2]) and audio (int16 [S], memory-mapped) of each utterance.

    `about` is the content of corpus.json. Its "teacher" (ledger entry) and "text" (source) are copied into the voice's
    manifest.
    """

    texts: list[str]
    phonemes: list[np.ndarray]
    audio: list[np.ndarray]
    about: dict

    @property
    def rate(self) -> int:
        """Sample rate of the audio in Hz."""
        return self.about["sample_rate"]


def prepare(spec: str, out: Path) -> Teacher:
    """Create the teacher for a corpus in the folder `out`. The folder also caches the teacher's responses.

    Raises DistillError if `out` contains another teacher's corpus or unrelated files.
    """
    teacher = make_teacher(replace(find_card(spec), answers=out / "answers"))
    begun = (out / CORPUS).exists() and any(out.glob("[0-9]*"))  # a run that failed at once has made no shard
    if begun and (theirs := _about(out)["identity"]) != teacher.identity:
        raise DistillError(f"{out / CORPUS}: contains recordings of another teacher, {theirs}; choose another folder")
    if (
        not (out / CORPUS).exists()
        and out.is_dir()
        and {path.name for path in out.iterdir()} - {"answers", lock_file(out).name}
    ):
        raise DistillError(f"{out}: neither empty nor a corpus (no {CORPUS} found); choose another folder")
    return teacher


def record(
    teacher: Teacher,
    sentences: list[str],
    source: str,
    out: Path,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    report: Callable[[str], None] = lambda line: None,
    cluster: str | None = None,
    rate: int = GEOMETRY.rate,
    enough: Callable[[], bool] = lambda: False,
) -> dict:
    """Record the teacher speaking all sentences, and store the recordings in the folder `out`. Complete shards are not
    recorded again.

    The shards depend only on the sentences and the teacher, not on the workers (shard_folder.make_shards). Unusable
    recordings are omitted and reported. Raises DistillError if more than one in ten recordings of a shard are unusable.
    Recordings of poor quality are kept and reported.

    source: the source of the text.
    enough: called after every shard; if it returns True, recording stops and the finished shards are kept.

    Returns a dictionary with the keys "utterances", "left_out", "remarks", "seconds" and "shards".
    """
    if cluster is not None and teacher.served:
        raise DistillError(
            f"teacher {teacher.card.name}: --cluster cannot be used with a paid teacher, because its responses are "
            "cached on this machine; omit --cluster, and use --workers to send several requests at the same time"
        )
    for line in teacher.notes:
        report(line)
    shards = grouped(sentences, out)
    about = {
        "teacher": teacher.facts,
        "identity": teacher.identity,
        "text": source,
        "language": teacher.language,
        "phonemizer": teacher.phonemizer,
        "symbols": teacher.symbols,
        "sample_rate": rate,
        "shards": len(shards),
    }
    _write_about(out, about)
    tasks = [
        (folder, group, teacher.card, teacher.identity, rate)
        for folder, group in shards
        if not (folder.is_dir() and whole(folder, _digest(teacher, rate, group), report))
    ]
    one_more = counted(progress, tasks, len(shards))

    def told(folder: Path) -> None:
        for text, why in read_index(folder).get("left_out", []):
            report(f"left out: {text!r}: {why}")
        for source, what in read_index(folder).get("remarks", []):
            report(f"{source}: {what}")
        one_more(folder)

    try:
        make_shards(_recordings, tasks, workers, cluster, stopping(told, enough))
    except EnoughError:
        shards = leading(shards, lambda shard: whole(shard[0], _digest(teacher, rate, shard[1])))
        _write_about(out, about | {"shards": len(shards)})
    indices = [read_index(folder) for folder, _ in shards]
    samples = sum(size for index in indices for *_, size in index["utterances"])
    return {
        "utterances": sum(len(index["utterances"]) for index in indices),
        "seconds": samples / rate,
        "left_out": [entry for index in indices for entry in index.get("left_out", [])],
        "remarks": [*teacher.notes, *(": ".join(entry) for index in indices for entry in index.get("remarks", []))],
        "shards": len(shards),
    }


def recorded(teacher: Teacher, sentences: list[str], out: Path, rate: int = GEOMETRY.rate) -> int:
    """Return the number of first shards in `out` that `record` would keep, unless they are damaged."""
    shards = grouped(sentences, out)
    return len(leading(shards, lambda shard: shard[0].is_dir() and states(shard[0], _digest(teacher, rate, shard[1]))))


def load_recordings(out: Path, shards: int | None = None) -> Recordings:
    """Open a corpus, or its first `shards` shards.

    Raises a DistillError that names the file if one is missing, corrupted or inconsistent.
    """
    about, texts, phonemes, audio = _about(out), [], [], []
    for folder in shard_folders(out)[:shards]:
        found = load_shard(folder)
        texts += found[0]
        phonemes += found[1]
        audio += found[2]
    return Recordings(texts, phonemes, audio, about)


def shard_folders(out: Path) -> list[Path]:
    """Return the shard folders of a corpus, in order."""
    return [out / f"{number:04d}" for number in range(_about(out)["shards"])]


def load_shard(folder: Path) -> tuple[list[str], list[np.ndarray], list[np.ndarray]]:
    """Return the (texts, phonemes, audio) of one shard, in the format of Recordings."""
    if not folder.is_dir():
        raise DistillError(f"{folder}: missing; run `ticktalk corpus` again to resume recording")
    index = read_index(folder)
    check_hashes(folder, index)
    with reading(folder):
        phonemes, audio = np.load(folder / "phonemes.npy"), np.load(folder / "audio.npy", mmap_mode="r")
        texts, lengths, sizes = (list(column) for column in zip(*index["utterances"]))
        if (phonemes.dtype, phonemes.shape, audio.dtype, audio.shape) != (
            np.int32,
            (sum(lengths), 2),
            np.int16,
            (sum(sizes),),
        ):
            raise ValueError(
                f"phonemes are {phonemes.dtype} {list(phonemes.shape)}, audio {audio.dtype} {list(audio.shape)}, "
                f"which does not match {INDEX}"
            )
        if min(*lengths, *sizes) < 0 or not all(isinstance(text, str) for text in texts):
            raise ValueError(f"{INDEX} contains negative sizes, or sentences that are not strings")
        return texts, np.split(phonemes, np.cumsum(lengths)[:-1]), np.split(audio, np.cumsum(sizes)[:-1])


def _about(out: Path) -> dict:
    try:
        about = json.loads((out / CORPUS).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DistillError(
            f"{out / CORPUS}: not a readable corpus of recordings ({error}); create one with `ticktalk corpus`"
        ) from None
    kinds = {
        "teacher": dict,
        "identity": str,
        "text": str,
        "language": str,
        "phonemizer": str,
        "symbols": dict,
        "sample_rate": int,
        "shards": int,
    }
    for key, kind in kinds.items():
        if not isinstance(about, dict) or not isinstance(about.get(key), kind):
            raise DistillError(
                f"{out / CORPUS}: key '{key}' is missing or not of type {kind.__name__}; create a new corpus in "
                "another folder with `ticktalk corpus`"
            )
    check_rate(about["sample_rate"], f"{out / CORPUS}: key 'sample_rate'")
    if not 0 <= about["shards"] <= MOST_SHARDS:
        raise DistillError(
            f"{out / CORPUS}: key 'shards' is not between 0 and {MOST_SHARDS}; create a new corpus in another folder "
            f"with `ticktalk corpus`"
        )
    return about


def _write_about(out: Path, about: dict) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_text(out / CORPUS, json.dumps(about, indent=1, ensure_ascii=False))
    except OSError as error:
        raise cannot_write(out / CORPUS, error) from None


def _digest(teacher: Teacher, rate: int, sentences: list[str]) -> str:
    """Return the digest of a shard's inputs. A teacher of existing recordings reads all files for it."""
    files = teacher.files_hash(sentences)
    return digest_of(teacher.identity, f"{rate} Hz", *sentences, *([files] if files else []))


def _recordings(
    folder: Path, sentences: list[str], card: Card, identity: str, rate: int
) -> tuple[dict[str, np.ndarray], dict]:
    teacher = same_teacher(card, identity)
    digest = _digest(teacher, rate, sentences)
    ids_of = _numbering(teacher)
    utterances, left_out, remarked, audio, phonemes, letters = [], [], [], [], [], 0
    for text in sentences:
        try:
            whole_ones = teacher.recordings(text)
        except UnfitError as error:
            left_out.append([text, str(error)])
            continue
        found = [trimmed(recording) for recording in whole_ones]
        for recording, kept in zip(whole_ones, found):
            remarked += [[recording.source or repr(text), what] for what in remarks(recording, kept, rate)]
        if why := fault(found, text):
            left_out.append([text, why])
            continue
        for recording in found:
            pcm, durations = resampled(recording, rate)
            ids = ids_of(text) if recording.ids is None else recording.ids
            rows = np.stack([ids, np.full(len(ids), UNKNOWN) if durations is None else durations], 1).astype(np.int32)
            utterances.append([text, len(rows), len(pcm)])
            audio.append(pcm)
            phonemes.append(rows)
        letters += sum(c.isalnum() for c in text)
    _judge(folder, card, sentences, left_out, letters, sum(map(len, audio)) / rate)
    return (
        {"audio": np.concatenate(audio), "phonemes": np.concatenate(phonemes)},
        {
            "utterances": utterances,
            "left_out": left_out,
            "remarks": remarked,
            "digest": digest,
        },
    )


def _judge(folder: Path, card: Card, sentences: list[str], left_out: list, letters: int, seconds: float) -> None:
    """Raise DistillError if a shard's recordings as a whole are unsuitable."""
    if len(left_out) > BAD_SHARE * len(sentences):
        text, why = left_out[0]
        raise DistillError(
            f"{folder}: teacher {card.name} failed on {len(left_out)} of {len(sentences)} sentences, "
            f"starting with {text!r}: {why}"
        )
    low, high = PACE
    if len(sentences) >= PACED and not low < letters / seconds < high:
        raise DistillError(
            f"{folder}: teacher {card.name} speaks {letters / seconds:.0f} letters per second, but people "
            "speak 10 to 20; is the sample rate of its audio correct?"
        )


def _numbering(teacher: Teacher) -> Callable[[str], list[int]]:
    """Return a function that converts text to phoneme ids, with an edge id (0) at both ends.

    Sentences are joined by a space.
    """
    from ticktalk.runtime_sim.phonemizers import phonemizer

    phonemize, symbols = phonemizer(teacher.phonemizer), teacher.symbols
    return lambda text: [0, *(symbols[symbol] for symbol in " ".join(phonemize(text)) if symbol in symbols), 0]
