"""Estimate phoneme durations from recordings and phonemes, for teachers that provide no durations.

Each kind of phoneme is modelled by one Gaussian over the cepstra and their deltas, and a second one over the log
duration. Training starts from equal durations and alternates between two stages on a subset of the corpus. The first
stage fits the Gaussians to the phonemes at their current boundaries. The second stage finds the most likely boundaries
under these Gaussians, which form a semi-Markov model that dynamic programming solves exactly. Finally, the whole corpus
is aligned once. Stress marks and spaces are silent, so each is merged with the following phoneme into a single class.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ticktalk.converter.corpora.recordings import UNKNOWN, Recordings, load_recordings
from ticktalk.converter.errors import DistillError
from ticktalk.converter.geometry import GEOMETRY
from ticktalk.converter.storage.shard_folder import cannot_write
from ticktalk.system.files import replacing

# The aligner uses its own frames, with a 6.25 ms hop and a 25 ms window, regardless of the voice's frames.
RATE = GEOMETRY.rate
HOP, WINDOW = RATE // 160, RATE // 40  # samples
FFT = 1 << (WINDOW - 1).bit_length()
BANDS, CEPSTRA = 40, 16
SLOPE = 2  # frames on each side
LONGEST = 200  # frames per phoneme
ROUNDS, LEARNED_FROM = 8, 600  # LEARNED_FROM: training utterances; more do not improve the model
EDGE = 4.0  # initial length of the silence at each end, relative to that of a phoneme
RARE = 20  # minimum number of examples for a mark and the following phoneme to form their own kind
WEIGHT = 0.5  # weight of the acoustic log-likelihood, which overlapping windows inflate
NARROWEST = 0.05  # minimum variance of a feature, relative to its variance over all speech
MARKS = 'ˈˌ "'
FILE = "alignment.npz"


@dataclass(frozen=True)
class Kinds:
    """The Gaussians of K kinds of phonemes.

    mean, variance: means and variances of the acoustic features, [K, 2 * CEPSTRA].
    duration: log-likelihoods of durations from 1 to LONGEST frames, [K, LONGEST].
    """

    mean: np.ndarray
    variance: np.ndarray
    duration: np.ndarray


def features(audio: np.ndarray) -> np.ndarray:
    """Return the acoustic features of `audio` (int16 [S]) as float32 [S // HOP, 2 * CEPSTRA].

    The features are mel cepstra and their deltas.
    """
    count = len(audio) // HOP
    padded = np.pad(audio.astype(np.float32) / 32768, WINDOW)
    first = WINDOW // 2 + HOP // 2  # centres each window on its frame
    frames = sliding_window_view(padded, WINDOW)[first : first + count * HOP : HOP] * np.hanning(WINDOW).astype(
        np.float32
    )
    bands = np.log(np.abs(np.fft.rfft(frames, FFT)) ** 2 @ _mel() + 1e-6)
    cepstra = bands @ np.cos(np.pi / BANDS * (np.arange(BANDS) + 0.5)[:, None] * np.arange(CEPSTRA))
    around = np.pad(cepstra, ((SLOPE, SLOPE), (0, 0)), "edge")
    return np.concatenate([cepstra, around[2 * SLOPE :] - around[: -2 * SLOPE]], 1).astype(np.float32)


def _mel() -> np.ndarray:
    """Return triangular filters [FFT / 2 + 1, BANDS], equally spaced on the mel scale from 60 Hz to 8 kHz."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (60, RATE / 2))
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    bins = np.arange(FFT // 2 + 1)[:, None] * (RATE / FFT)
    up, down = (bins - edges[:-2]) / np.diff(edges)[:-1], (edges[2:] - bins) / np.diff(edges)[1:]
    return np.maximum(0, np.minimum(up, down))


def align(corpus: Recordings, progress: Callable[[int, int], None] = lambda done, total: None) -> list[np.ndarray]:
    """Return each utterance's phoneme durations in samples as int32 [N].

    The durations add up to the length of the utterance. The result is deterministic.
    """
    kinds, count = _kinds(corpus)
    chosen = np.unique(np.linspace(0, len(kinds) - 1, min(len(kinds), LEARNED_FROM)).astype(int))
    total, done = len(chosen) * ROUNDS + len(kinds), 0
    sounds = {i: features(corpus.audio[i]) for i in chosen}
    everything = np.concatenate(list(sounds.values()))
    centre, spread = everything.mean(0), everything.std(0) + 1e-6
    sounds = {i: (sound - centre) / spread for i, sound in sounds.items()}
    ends = {i: _equal(len(kinds[i]), len(sounds[i]), corpus.texts[i]) for i in chosen}
    for _ in range(ROUNDS):
        model = _learn([(kinds[i], sounds[i], ends[i]) for i in chosen], count)
        for i in chosen:
            ends[i] = _borders(model, kinds[i], sounds[i], corpus.texts[i])
            done += 1
            progress(done, total)
    model, durations = _learn([(kinds[i], sounds[i], ends[i]) for i in chosen], count), []
    for i, audio in enumerate(corpus.audio):
        borders = _borders(model, kinds[i], (features(audio) - centre) / spread, corpus.texts[i]) * HOP
        borders[-1] = len(audio)
        durations.append(np.diff(borders, prepend=0).astype(np.int32))
        done += 1
        progress(done, total)
    return durations


def _kinds(corpus: Recordings) -> tuple[list[np.ndarray], int]:
    """Return the kinds of each utterance's phonemes, and the number of kinds."""
    marks = {corpus.about["symbols"][mark] for mark in MARKS if mark in corpus.about["symbols"]}

    def wanted(ids: list[int]) -> list[tuple]:
        # The last id is the same edge id as the first, but nothing follows it.
        return [(i, after if i in marks or after is None else 0) for i, after in zip(ids, [*ids[1:], None])]

    keys = [wanted(phonemes[:, 0].tolist()) for phonemes in corpus.phonemes]
    counts = Counter(key for utterance in keys for key in utterance)
    numbers: dict[tuple, int] = {}
    found = [
        np.array([numbers.setdefault(key if counts[key] >= RARE else (key[0], 0), len(numbers)) for key in utterance])
        for utterance in keys
    ]
    return found, len(numbers)


def _equal(phonemes: int, frames: int, text: str) -> np.ndarray:
    """Return the end frames [N] of phonemes of equal length, except for longer edges."""
    if phonemes > frames:
        raise DistillError(f"{text!r}: {phonemes} phonemes do not fit into {frames * HOP / RATE:.2f} s of audio")
    weights = np.ones(phonemes)
    weights[[0, -1]] = EDGE
    return np.maximum(np.rint(np.cumsum(weights) / weights.sum() * frames), np.arange(phonemes) + 1).astype(int)


def _learn(utterances: list[tuple[np.ndarray, np.ndarray, np.ndarray]], count: int) -> Kinds:
    """Fit the Gaussians of `count` kinds to utterances, each (kinds [N], acoustic features [T, F], end frames [N]).

    Some kinds may have no examples.
    """
    width = utterances[0][1].shape[1]
    frames, total, squares = np.zeros(count), np.zeros((count, width)), np.zeros((count, width))
    logs: list[list[float]] = [[] for _ in range(count)]
    for kinds, sound, ends in utterances:
        lengths = np.diff(ends, prepend=0)
        for values, sums in ((sound, total), (sound**2, squares)):
            so_far = np.concatenate([np.zeros((1, width)), np.cumsum(values, 0, np.float64)])
            np.add.at(sums, kinds, so_far[ends] - so_far[ends - lengths])
        np.add.at(frames, kinds, lengths)
        for kind, length in zip(kinds, lengths):
            logs[kind].append(np.log(length))
    # Add a few frames of average speech to every kind, which stabilises the estimates for rare kinds.
    mean = total / (frames + 5)[:, None]
    variance = np.maximum((squares + 5) / (frames + 5)[:, None] - mean**2, NARROWEST)
    lengths = np.log(np.arange(1, LONGEST + 1))
    typical = np.log(0.05 * RATE / HOP)
    centre = np.array([np.mean(each) if len(each) > 3 else typical for each in logs])[:, None]
    spread = np.array([max(np.std(each), 0.3) if len(each) > 3 else 0.6 for each in logs])[:, None]
    return Kinds(mean, variance, -0.5 * ((lengths - centre) / spread) ** 2 - np.log(spread))


def _borders(model: Kinds, kinds: np.ndarray, sound: np.ndarray, text: str) -> np.ndarray:
    """Return the most likely end frames [N] under the model."""
    if len(kinds) > len(sound) or len(sound) > LONGEST * len(kinds):
        raise DistillError(f"{text!r}: {len(kinds)} phonemes do not fit into {len(sound) * HOP / RATE:.2f} s of audio")
    mean, variance = model.mean[kinds], model.variance[kinds]
    likelihood = -0.5 * (
        (1 / variance) @ (sound**2).T
        - 2 * (mean / variance) @ sound.T
        + ((mean**2 / variance).sum(1) + np.log(variance).sum(1))[:, None]
    )
    so_far = np.pad(np.cumsum(WEIGHT * likelihood, 1), ((0, 0), (1, 0)))
    # best[t]: score of the phonemes so far if the last one ends at frame t, or -1e30 if that is impossible.
    best = np.full(len(sound) + 1, -1e30)
    best[0] = 0
    lengths, at = np.zeros((len(kinds), len(best)), int), np.arange(len(best))
    for n, kind in enumerate(kinds):
        # Row t of the windows contains the scores of phonemes that start at frames t - LONGEST to t - 1.
        begin = sliding_window_view(np.concatenate([np.full(LONGEST, -1e30), best - so_far[n]]), LONGEST)[: len(best)]
        score = begin + model.duration[kind, ::-1]
        choice = score.argmax(1)
        best, lengths[n] = score[at, choice] + so_far[n], LONGEST - choice
    ends, end = np.zeros(len(kinds), int), len(sound)
    for n in range(len(kinds) - 1, -1, -1):
        ends[n] = end
        end -= lengths[n, end]
    return ends


def border_errors(truth: list[np.ndarray], found: list[np.ndarray]) -> dict[str, float]:
    """Return statistics, in ms, of the boundary errors of `found` against `truth`, lists of durations [N] in samples.

    The start and end of an utterance do not count as boundaries.

    lag_ms: median error, which is positive if the aligner places boundaries later than the teacher does.
    median_without_lag_ms: median absolute error after subtracting the lag.
    within_20_ms: fraction of errors that are at most 20 ms after subtracting the lag.
    """
    differences = [np.cumsum(ours)[:-1] - np.cumsum(theirs)[:-1] for theirs, ours in zip(truth, found)]
    all_ms = np.concatenate(differences) / (RATE / 1000)
    lag = float(np.median(all_ms))
    return {
        "borders": len(all_ms),
        "median_ms": float(np.median(np.abs(all_ms))),
        "lag_ms": lag,
        "median_without_lag_ms": float(np.median(np.abs(all_ms - lag))),
        "within_20_ms": float(np.mean(np.abs(all_ms - lag) <= 20)),
    }


def align_folder(folder: Path, progress: Callable[[int, int], None] = lambda done, total: None) -> dict:
    """Align the corpus in `folder` and store the durations there.

    Returns the numbers of utterances and phonemes and, if the teacher provides durations, the boundary errors.
    """
    corpus = load_recordings(folder)
    durations = align(corpus, progress)
    try:
        with replacing(folder / FILE) as part, part.open("wb") as file:
            np.savez(file, durations=np.concatenate(durations), digest=np.array(_digest(folder, corpus)))
    except OSError as error:
        raise cannot_write(folder / FILE, error) from None
    told = [i for i, phonemes in enumerate(corpus.phonemes) if (phonemes[:, 1] != UNKNOWN).all()]
    errors = border_errors([corpus.phonemes[i][:, 1] for i in told], [durations[i] for i in told]) if told else {}
    return {"utterances": len(durations), "phonemes": sum(map(len, durations))} | errors


def load_alignment(folder: Path, corpus: Recordings) -> list[np.ndarray]:
    """Return the durations that `align_folder` stored, as int32 [N] for each utterance.

    Raises DistillError if the file is missing or belongs to another corpus.
    """
    try:
        with np.load(folder / FILE, allow_pickle=False) as archive:
            durations, digest = archive["durations"], str(archive["digest"])
    except (OSError, ValueError, KeyError) as error:
        raise DistillError(f"{folder / FILE}: cannot be read ({error}); create it with `ticktalk align`") from None
    if digest != _digest(folder, corpus):
        raise DistillError(f"{folder / FILE}: belongs to different recordings; run `ticktalk align` again")
    return np.split(durations, np.cumsum([len(phonemes) for phonemes in corpus.phonemes])[:-1])


def _digest(folder: Path, corpus: Recordings) -> str:
    shards = [
        json.loads((folder / f"{number:04d}" / "index.json").read_text())["sha256"]
        for number in range(corpus.about["shards"])
    ]
    return hashlib.sha256(json.dumps(shards, sort_keys=True).encode()).hexdigest()
