"""Test corpora on disk: workers, damage, bad recordings, a full disk, and the commands that make them."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from tests.support.front import assert_refused, ticktalk
from tests.support.paths import ROOT
from tests.support.sentences import SENTENCES
from tests.support.speech_server import speech, wav
from ticktalk.converter.corpora.recordings import UNKNOWN, load_recordings, prepare, record
from ticktalk.converter.corpora.sentences import held_out_sentences
from ticktalk.converter.errors import DistillError
from ticktalk.converter.teachers.catalogue import make_teacher, names

pytest.importorskip("soxr", reason="pip install 'ticktalk[corpus]'")
pytest.importorskip("hibari", reason="pip install 'ticktalk[corpus]'")

needs_espeak = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs espeak-ng")


@pytest.fixture
def lj(tmp_path):
    """Return a folder of 22.05 kHz recordings in the LJSpeech layout."""
    (tmp_path / "lj" / "wavs").mkdir(parents=True)
    lines = []
    for number, text in enumerate(SENTENCES):
        (tmp_path / "lj" / "wavs" / f"a{number}.wav").write_bytes(wav(speech(text, 22050), 22050))
        lines.append(f"a{number}|{text}" if number % 2 else f"a{number}|7:30?|{text}")
    (tmp_path / "lj" / "metadata.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "lj"


def recorded(spec, out, workers=1, told=None, sentences=SENTENCES):
    record(prepare(str(spec), out), sentences, "a test", out, workers, report=(told or []).append)
    return load_recordings(out)


def same(one, other):
    return (
        one.texts == other.texts and same_arrays(one.audio, other.audio) and same_arrays(one.phonemes, other.phonemes)
    )


def same_arrays(some, others):
    return len(some) == len(others) and all(map(np.array_equal, some, others))


def test_a_folder_of_recordings(lj, tmp_path):
    corpus = recorded(f"folder:{lj}", tmp_path / "c")
    assert corpus.texts == SENTENCES and all((rows[:, 1] == UNKNOWN).all() for rows in corpus.phonemes)
    assert [len(audio) for audio in corpus.audio] == [
        pytest.approx(16000 * (0.3 + 0.07 * len(text)), abs=2) for text in SENTENCES
    ]
    assert (
        corpus.about["teacher"]["voice"] == "lj"
        and "commercial" not in corpus.about["teacher"]
        and str(tmp_path) not in str(corpus.about)
    )


@pytest.mark.parametrize("line", ["a0", "a0|", "a0|x|y|z", "../a0|x"])
def test_a_folder_with_a_bad_line(lj, line):
    (lj / "metadata.csv").write_text(f"a1|fine\n{line}\n")
    with pytest.raises(DistillError, match="metadata.csv: line 2"):
        make_teacher(f"folder:{lj}")


@needs_espeak
def test_the_same_shards_whatever_the_number_of_workers(tmp_path, monkeypatch):
    monkeypatch.setattr("ticktalk.converter.storage.shard_folder.SENTENCES_A_SHARD", 2)
    one, two = recorded("espeak-ng", tmp_path / "one"), recorded("espeak-ng", tmp_path / "two", workers=2)
    assert same(one, two) and one.about == two.about and one.about["shards"] == 3
    for file in ("audio.npy", "phonemes.npy", "index.json"):
        assert (tmp_path / "one" / "0001" / file).read_bytes() == (tmp_path / "two" / "0001" / file).read_bytes()


def test_a_corrupted_shard_is_named_and_made_again(lj, tmp_path, monkeypatch):
    monkeypatch.setattr("ticktalk.converter.storage.shard_folder.SENTENCES_A_SHARD", 2)
    recorded(f"folder:{lj}", tmp_path / "c")
    good = load_recordings(shutil.copytree(tmp_path / "c", tmp_path / "good"))
    dates = [(tmp_path / "c" / f"000{number}" / "audio.npy").stat().st_mtime_ns for number in range(3)]
    file = tmp_path / "c" / "0001" / "audio.npy"
    for damage in (lambda data: data[:-5], lambda data: data[:500] + bytes([data[500] ^ 1]) + data[501:], None):
        data = file.read_bytes()
        file.unlink() if damage is None else file.write_bytes(damage(data))
        with pytest.raises(DistillError, match="0001/audio.npy"):
            load_recordings(tmp_path / "c")
        told = [""]
        assert same(recorded(f"folder:{lj}", tmp_path / "c", told=told), good) and "0001/audio.npy" in told[1]
    (tmp_path / "c" / "0002" / "index.json").write_text("{")
    with pytest.raises(DistillError, match="0002/index.json"):
        load_recordings(tmp_path / "c")
    assert same(recorded(f"folder:{lj}", tmp_path / "c"), good)
    index = tmp_path / "c" / "0002" / "index.json"
    index.write_text(json.dumps(json.loads(index.read_text()) | {"sha256": {}}))
    with pytest.raises(DistillError, match="0002/index.json: corrupted: has no SHA-256 of audio.npy"):
        load_recordings(tmp_path / "c")
    assert same(recorded(f"folder:{lj}", tmp_path / "c"), good)
    assert (tmp_path / "c" / "0000" / "audio.npy").stat().st_mtime_ns == dates[0]  # not rewritten
    shutil.rmtree(tmp_path / "c" / "0002")
    with pytest.raises(DistillError, match="0002: missing"):
        load_recordings(tmp_path / "c")


def test_a_changed_recording_is_recorded_again(lj, tmp_path, monkeypatch):
    monkeypatch.setattr("ticktalk.converter.storage.shard_folder.SENTENCES_A_SHARD", 2)
    before = recorded(f"folder:{lj}", tmp_path / "c")
    dates = [(tmp_path / "c" / f"000{k}" / "audio.npy").stat().st_mtime_ns for k in range(2)]
    (lj / "wavs" / "a0.wav").write_bytes(wav(speech(SENTENCES[0], 22050) / 2, 22050))
    after = recorded(f"folder:{lj}", tmp_path / "c")
    assert not np.array_equal(before.audio[0], after.audio[0]) and same_arrays(before.audio[1:], after.audio[1:])
    again = [(tmp_path / "c" / f"000{k}" / "audio.npy").stat().st_mtime_ns for k in range(2)]
    assert again[0] != dates[0] and again[1] == dates[1]


def test_a_folder_keeps_to_one_teacher(lj, tmp_path):
    recorded(f"folder:{lj}", tmp_path / "c")
    (lj / "metadata.csv").write_text("a0|Something else.\n")
    with pytest.raises(DistillError, match="corpus.json: contains recordings of another teacher"):
        prepare(f"folder:{lj}", tmp_path / "c")


def test_a_bad_recording_is_left_out_and_many_are_an_error(lj, tmp_path):
    more = [f"Sentence with the number {number}." for number in range(14)]
    for number, text in enumerate(more):
        (lj / "wavs" / f"m{number}.wav").write_bytes(wav(speech(text)))
    with (lj / "metadata.csv").open("a") as file:
        file.writelines(f"m{number}|{text}\n" for number, text in enumerate(more))
    (lj / "wavs" / "a1.wav").write_bytes(wav(np.zeros(30000)))
    told = [""]
    corpus = recorded(f"folder:{lj}", tmp_path / "c", told=told, sentences=SENTENCES + more)
    assert (
        len(corpus.texts) == 19
        and SENTENCES[1] not in corpus.texts
        and "silence" in told[1]
        and SENTENCES[1] in told[1]
    )
    for name in ("a2", "m3"):
        (lj / "wavs" / f"{name}.wav").write_bytes(wav(np.zeros(30000)))
    with pytest.raises(DistillError, match=r"failed on 3 of 20.*Turn left here.*silence"):
        recorded(f"folder:{lj}", tmp_path / "d", sentences=SENTENCES + more)


@pytest.mark.parametrize("factor", [3, 0.4])
def test_a_header_with_the_wrong_rate_is_noticed(lj, tmp_path, factor):
    texts = [f"This is the sentence with the number {number}." for number in range(20)]
    (lj / "metadata.csv").write_text("".join(f"m{number}|{text}\n" for number, text in enumerate(texts)))
    for number, text in enumerate(texts):
        (lj / "wavs" / f"m{number}.wav").write_bytes(wav(speech(text), int(24000 * factor)))
    with pytest.raises(DistillError, match="letters per second.*sample rate"):
        recorded(f"folder:{lj}", tmp_path / "c", sentences=texts)


def test_a_full_disk_is_an_error_that_names_the_file(lj, tmp_path):
    """The small file system (160 KB) has room for one shard but not for three."""
    code = f"""import ticktalk.converter.storage.shard_folder as f; f.SENTENCES_A_SHARD = 2
from pathlib import Path; from ticktalk.converter.corpora.recordings import *
out = Path({str(tmp_path / "small")!r}); t = prepare({f"folder:{lj}"!r}, out)
try: record(t, t.sentences(), "a test", out, 1)
except DistillError as error: print(error)
print(sorted(p.name for p in out.iterdir()))"""
    (tmp_path / "small").mkdir()
    mount = f"mount -t tmpfs -o size=160k none {tmp_path / 'small'} && exec {sys.executable} -c '$CODE'"
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount.replace("'$CODE'", '"$0"'), code], capture_output=True, text=True, cwd=ROOT
    )
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("needs a user namespace for a small file system")
    message, left = done.stdout.splitlines()
    assert (
        "000" in message
        and ".npy: cannot be written: " in message
        and "free some space and run the command again" in message
    ), done
    assert "0000" in left and "partial" not in left and "corpus.json" in left
    shutil.rmtree(tmp_path / "small")
    assert recorded(f"folder:{lj}", tmp_path / "small").texts == SENTENCES


def test_the_commands(lj, tmp_path):
    listed = json.loads(ticktalk("teachers", "--json", cache=tmp_path).stdout)
    assert set(listed) == set(names()) and listed["hibari"]["voices"] and listed["voxtral"]["commercial"] is False
    assert "CC-BY-NC-4.0" in (table := ticktalk("teachers", cache=tmp_path).stdout) and "UNKNOWN" in table
    done = ticktalk("corpus", "--teacher", f"folder:{lj}", "-o", tmp_path / "c", "--workers", 1, cache=tmp_path)
    assert done.returncode == 0 and "6 utterances" in done.stdout and "commercial use: UNKNOWN" in done.stdout
    assert load_recordings(tmp_path / "c").about["text"] == "transcripts of lj"
    assert_refused(
        ticktalk("corpus", "--teacher", "nobody", "-o", tmp_path / "d", cache=tmp_path), 11, "nobody", "hibari"
    )
    text = ticktalk(
        "corpus", "--teacher", f"folder:{lj}", "--corpus", lj / "metadata.csv", "-o", tmp_path / "d", cache=tmp_path
    )
    assert text.returncode == 2 and "its own sentences" in text.stderr and not (tmp_path / "d").exists()


def test_a_folder_of_sentences_that_are_for_judging(lj, tmp_path):
    """None of these held-out sentences may be used for training."""
    held_out = held_out_sentences()
    (lj / "metadata.csv").write_text("".join(f"a{number}|{text}\n" for number, text in zip(range(6), held_out)))
    for command in ("corpus", "distill"):
        refused = ticktalk(command, "--teacher", f"folder:{lj}", "-o", tmp_path / "c", cache=tmp_path)
        assert_refused(refused, 11, f"folder:{lj}: every sentence is reserved for scoring")
        assert not (tmp_path / "c").exists()
