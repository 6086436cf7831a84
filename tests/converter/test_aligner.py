"""Compare the aligner's results with known durations: those of synthetic sounds, and those that a teacher reports."""

import json

import numpy as np
import pytest

from tests.support.front import assert_refused, ticktalk
from ticktalk.converter.corpora.recordings import UNKNOWN, Recordings, load_recordings, prepare, record
from ticktalk.converter.errors import DistillError
from ticktalk.converter.features.aligner import FILE, align, align_folder, border_errors, load_alignment
from ticktalk.converter.storage.shard_folder import write_shard

SYMBOLS = {" ": 1, "ˈ": 2} | {chr(97 + i): 3 + i for i in range(10)}


def made_up(utterances: int, tells: bool = True) -> Recordings:
    """Return recordings of synthetic phonemes: noise of different colours, 30 to 160 ms long, between silences.

    A stress mark or a space sounds like the phoneme that follows it. Unless `tells` is set, the durations are unknown.
    """
    rng = np.random.default_rng(5)
    colours = {i: np.exp(rng.normal(0, 1.5, 12)).repeat(22) for i in range(3, 13)}
    texts, phonemes, audio = [], [], []
    for number in range(utterances):
        ids = [0]
        for i in rng.integers(3, 13, rng.integers(8, 25)):
            ids += [2] * (rng.random() < 0.2) + [int(i)] + [1] * (rng.random() < 0.1)
        ids.append(0)
        lengths = [
            int(rng.integers(480, 2560) if 0 < n < len(ids) - 1 else rng.integers(2000, 6000)) for n in range(len(ids))
        ]
        sound = []
        for n, (i, length) in enumerate(zip(ids, lengths)):
            noise = rng.normal(0, 1, length)
            heard = next((j for j in ids[n:] if j > 2), 0) if i in (1, 2) else i
            if heard:
                spectrum = np.fft.rfft(noise)
                spectrum *= np.interp(np.linspace(0, 1, len(spectrum)), np.linspace(0, 1, 264), colours[heard])
                noise = np.fft.irfft(spectrum, length)
                noise *= 3000 / noise.std()
            sound.append(noise)
        texts.append(f"utterance {number}")
        audio.append(np.concatenate(sound).astype(np.int16))
        phonemes.append(np.stack([ids, lengths if tells else np.full(len(ids), UNKNOWN)], 1).astype(np.int32))
    return Recordings(texts, phonemes, audio, {"symbols": SYMBOLS, "shards": 1})


def test_borders_of_made_up_sounds_are_found():
    corpus = made_up(40)
    found = align(corpus)
    assert [(len(d), d.sum()) for d in found] == [(len(p), len(a)) for p, a in zip(corpus.phonemes, corpus.audio)]
    assert min(d.min() for d in found) > 0
    # The limits are in ms, and half a frame is 3 ms. A mark sounds like the next phoneme, so boundaries after
    # marks are not checked.
    errors = [
        np.abs(np.cumsum(d)[:-1] - np.cumsum(p[:, 1])[:-1])[p[:-1, 0] > 2] / 16 for p, d in zip(corpus.phonemes, found)
    ]
    assert np.median(np.concatenate(errors)) < 6 and np.percentile(np.concatenate(errors), 75) < 12


def test_the_same_recordings_give_the_same_borders():
    one, other = align(made_up(5)), align(made_up(5))
    assert all(np.array_equal(*pair) for pair in zip(one, other))


def test_phonemes_that_were_not_learned_from(monkeypatch):
    monkeypatch.setattr("ticktalk.converter.features.aligner.LEARNED_FROM", 1)
    corpus = made_up(5)
    assert [d.sum() for d in align(corpus)] == [len(a) for a in corpus.audio]


def test_errors_are_told_with_and_without_the_lag():
    truth = [np.array([1600, 1600, 1600, 1600])] * 3
    late = [np.array([1600 + 800, 1600, 1600, 800])] * 3
    errors = border_errors(truth, late)
    assert errors == {
        "borders": 9,
        "median_ms": 50.0,
        "lag_ms": 50.0,
        "median_without_lag_ms": 0.0,
        "within_20_ms": 1.0,
    }


def test_sounds_that_are_too_short_are_named():
    corpus = made_up(3)
    corpus.audio[1] = corpus.audio[1][:1500]
    with pytest.raises(DistillError, match="utterance 1.*do not fit.* 0.09 s"):
        align(corpus)


def keep(corpus: Recordings, folder) -> None:
    index = {
        "utterances": [[t, len(p), len(a)] for t, p, a in zip(corpus.texts, corpus.phonemes, corpus.audio)],
        "left_out": [],
        "digest": "",
    }
    write_shard(
        folder / "0000", {"audio": np.concatenate(corpus.audio), "phonemes": np.concatenate(corpus.phonemes)}, index
    )
    about = {
        "teacher": {},
        "identity": "made up",
        "sample_rate": 16000,
        "text": "",
        "language": "en",
        "phonemizer": "",
        "symbols": {},
        "shards": 1,
    }
    (folder / "corpus.json").write_text(json.dumps(about | corpus.about))


def test_an_alignment_is_kept_and_belongs_to_its_corpus(tmp_path):
    keep(made_up(6, tells=False), tmp_path)
    done = ticktalk("align", tmp_path, "--json", cache=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    corpus = load_recordings(tmp_path)
    told, durations = json.loads(done.stdout), load_alignment(tmp_path, corpus)
    assert told["utterances"] == 6 and told["phonemes"] == sum(map(len, durations)) and "median_ms" not in told
    assert [d.sum() for d in durations] == [len(a) for a in corpus.audio]
    keep(made_up(7), tmp_path)
    with pytest.raises(DistillError, match=f"{FILE}: belongs to different recordings"):
        load_alignment(tmp_path, load_recordings(tmp_path))
    (tmp_path / FILE).write_bytes(b"nothing")
    with pytest.raises(DistillError, match=f"{FILE}: cannot be read"):
        load_alignment(tmp_path, load_recordings(tmp_path))
    assert_refused(ticktalk("align", tmp_path / "cache", cache=tmp_path / "cache"), 11, "corpus.json")


def test_hibaris_own_durations_are_found(tmp_path):
    """The 20 ms limit applies to a whole corpus (docs/reference/corpus-folder.md).

    The error for twenty sentences is close to this limit.
    """
    for package in ("hibari", "onnxruntime", "soxr"):
        pytest.importorskip(package)
    from ticktalk.converter.corpora.sentences import held_out_sentences

    record(prepare("hibari", tmp_path), held_out_sentences()[:20], "a test", tmp_path, 1)
    errors = align_folder(tmp_path)
    assert errors["median_without_lag_ms"] <= 25 and errors["borders"] > 500
