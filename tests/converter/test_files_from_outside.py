"""Test files from outside: texts and names in odd encodings, teachers' settings, damaged shards, and a full disk."""

import errno
import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.speech_server import speech, wav
from ticktalk.converter.corpora.recordings import load_recordings, prepare, record
from ticktalk.converter.corpora.sentences import read_corpus, source_of, texts_for
from ticktalk.converter.errors import DistillError
from ticktalk.converter.judging.evaluate import read_sentences
from ticktalk.converter.storage.shard_folder import read_index, whole, write_shard
from ticktalk.converter.teachers.catalogue import find_card, make_teacher
from ticktalk.converter.teachers.program import complaint_in, run_graph
from ticktalk.fit.texts import texts_in
from ticktalk.system.files import read_text, replacing

TEXTS = ["It is seven thirty.", "Turn left here.", "Battery low.", "Well done!"]
NOT_UTF8 = os.fsdecode(b"a\xffb")


def written(folder: Path, metadata: bytes) -> str:
    """Write a folder of recordings with this metadata.csv, and return it as a teacher."""
    (folder / "wavs").mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(TEXTS):
        (folder / "wavs" / f"{number}.wav").write_bytes(wav(speech(text, 22050), 22050))
    (folder / "metadata.csv").write_bytes(metadata)
    return f"folder:{folder}"


def lines(*texts: str) -> str:
    return "".join(f"{number}|{text}\n" for number, text in enumerate(texts))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_is_not_text(encoding, tmp_path):
    teacher = make_teacher(written(tmp_path / "clips", lines(*TEXTS).encode(encoding)))
    assert teacher.sentences() == TEXTS and not teacher.notes
    (tmp_path / "text").write_text("\n".join(TEXTS), encoding=encoding)
    assert read_corpus(tmp_path / "text") == read_sentences(tmp_path / "text") == TEXTS


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (lines(*TEXTS).encode("utf-16"), "contains zero bytes"),
        ("0|é".encode("latin-1"), "not UTF-8"),
        (b"0|Turn\0left", "contains zero bytes"),
    ],
)
def test_what_is_not_text_is_named(content, why, tmp_path):
    with pytest.raises(DistillError, match=f"metadata.csv: cannot be read: {why}; save it as UTF-8 text$"):
        make_teacher(written(tmp_path / "clips", content))
    for read in (read_corpus, read_sentences):
        with pytest.raises(DistillError, match=f"metadata.csv: cannot be read as a list of sentences: {why}; save"):
            read(tmp_path / "clips" / "metadata.csv")
    (tmp_path / "a.toml").write_bytes(b'engine = "flite\0"')
    with pytest.raises(DistillError, match="a.toml: cannot be read: contains zero bytes; save"):
        find_card(str(tmp_path / "a.toml"))


def test_only_ends_of_lines_end_a_sentence(tmp_path):
    texts = ["Turn left\u2028here.", "A form\x0cfeed, a next\x85line."]
    for end in ("\n", "\r\n", "\r"):
        assert make_teacher(written(tmp_path / "clips", lines(*texts).replace("\n", end).encode())).sentences() == texts
        (tmp_path / "text").write_bytes(end.join(texts).encode())
        assert (
            read_corpus(tmp_path / "text") == read_sentences(tmp_path / "text") == texts_in(tmp_path / "text") == texts
        )


def test_a_file_that_cannot_be_read_is_named_without_an_errno(tmp_path):
    with pytest.raises(DistillError, match="sentences: No such file or directory$"):
        read_corpus(tmp_path / "none")
    with pytest.raises(UnicodeDecodeError):
        (tmp_path / "zero").write_bytes(b"a\0b")
        read_text(tmp_path / "zero")


def test_a_file_with_two_texts_is_refused(tmp_path):
    with pytest.raises(DistillError, match="metadata.csv: line 2 has the id '0' again; give each recording its own"):
        make_teacher(written(tmp_path / "clips", b"0|Turn left here.\n0|Battery low.\n"))


def test_a_text_that_was_recorded_twice_is_reported(tmp_path):
    teacher = make_teacher(written(tmp_path / "clips", lines(TEXTS[0], TEXTS[1], TEXTS[0], TEXTS[0]).encode()))
    assert teacher.sentences() == TEXTS[:2] and teacher.file(TEXTS[0]).name == "0.wav"
    assert teacher.notes == (f"{tmp_path / 'clips'}: 2.wav, 3.wav: the same text as an earlier recording, skipped",)


def test_names_of_files_that_are_not_utf8_reach_the_ledger_as_valid_text(tmp_path):
    pytest.importorskip("soxr", reason="pip install 'ticktalk[corpus]'")
    pytest.importorskip("hibari", reason="pip install 'ticktalk[corpus]'")
    spec = written(tmp_path / NOT_UTF8, lines(*TEXTS).encode())
    teacher = prepare(spec, tmp_path / "corpus")
    sentences, text = texts_for(teacher, spec, None, 1)
    record(teacher, sentences, text, tmp_path / "corpus", 1)
    about = json.loads((tmp_path / "corpus" / "corpus.json").read_text(encoding="utf-8"))
    assert about["teacher"]["voice"] == "a\ufffdb" and about["text"] == "transcripts of a\ufffdb"
    shutil.copy(tmp_path / NOT_UTF8 / "metadata.csv", tmp_path / f"{NOT_UTF8}.csv")
    assert source_of(tmp_path / f"{NOT_UTF8}.csv").startswith("a\ufffdb.csv, SHA-256 ")


def test_the_path_of_a_teacher_may_contain_a_colon(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a:b.toml").write_text('engine = "flite"\nvoice = "slt"\n')
    assert find_card("a:b.toml").name == "a:b" and find_card("a:b.toml").voice == "slt"
    with pytest.raises(DistillError, match="no teacher 'c'"):
        find_card("c:b.toml")


def test_a_command_with_a_zero_byte_is_refused(tmp_path):
    (tmp_path / "a.toml").write_text('engine = "command"\nvoice = "v"\ncommand = ["echo", "\\u0000"]\n')
    with pytest.raises(DistillError, match="teacher a: key 'command' must be a list of texts"):
        make_teacher(str(tmp_path / "a.toml"))


def test_of_a_traceback_only_the_error_is_told(tmp_path):
    assert complaint_in(b"warning: odd\n  stop\x1b[2J\n") == "warning: odd stop\ufffd[2J"
    code = "raise ValueError(f\"no voice {'nonsense'!r}\")"
    (tmp_path / "a.toml").write_text(
        f'engine = "command"\nvoice = "v"\ncommand = ["{{python}}", "-c", {json.dumps(code)}]\n'
    )
    with pytest.raises(DistillError) as error:
        make_teacher(str(tmp_path / "a.toml")).recordings("Hello.")
    assert str(error.value) == f"teacher a: {sys.executable}: ValueError: no voice 'nonsense'"


@pytest.mark.parametrize("value", ["nan", "inf", "-5.0"])
def test_a_number_that_is_none_is_refused(value, tmp_path):
    """A price of nan USD, and a scale at which Piper's graph fails."""
    card = tmp_path / "a.toml"
    card.write_text(f'engine = "piper"\nnoise_w = {value}\n')
    with pytest.raises(DistillError, match=f"a.toml: key 'noise_w' is {value}, but must be a finite number from 0"):
        find_card(str(card))
    card.write_text(f'engine = "flite"\n[price]\nsource = "a list"\nusd_per_million_characters = {value}\n')
    with pytest.raises(DistillError, match=f"a.toml: key 'price.usd_per_million_characters' is {value}, but must"):
        find_card(str(card))


def test_a_graph_that_fails_is_named():
    class Session:
        def run(self, outputs, feed):
            raise RuntimeError("[ONNXRuntimeError] : 1 : FAIL :\n Reshape")

    with pytest.raises(DistillError, match=r"^teacher a: its graph failed: \[ONNXRuntimeError\] : 1 : FAIL : Reshape$"):
        run_graph(Session(), {}, "teacher a")  # type: ignore[arg-type]  # a stand-in


def test_a_full_disk_is_named_by_the_file(tmp_path):
    """A write to an open file fails without a name."""
    with pytest.raises(OSError) as error, replacing(tmp_path / "page.html"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert error.value.filename == str(tmp_path / "page.html") and not list(tmp_path.iterdir())
    with pytest.raises(BrokenPipeError) as broken, replacing(tmp_path / "page.html"):
        raise BrokenPipeError(errno.EPIPE, "x")
    assert broken.value.filename is None


@pytest.mark.parametrize(
    "damage",
    [
        {"utterances": "abc"},
        {"utterances": []},
        {"utterances": [["a"], ["b"]]},
        {"utterances": [["a", 1, "x"]]},
        {"utterances": [["a", 1, -1]]},
        {"utterances": None},
        {"left_out": 5},
        {"left_out": [["a"]]},
        {"remarks": [5]},
    ],
)
def test_a_damaged_index_is_named_and_its_shard_made_again(damage, tmp_path):
    shard, told = tmp_path / "0000", []
    write_shard(shard, {"audio": np.zeros(3)}, {"utterances": [["a", 1, 3]], "left_out": [], "digest": "d"})
    assert whole(shard, "d", told.append) and not told
    index = json.loads((shard / "index.json").read_text())
    (shard / "index.json").write_text(json.dumps(index | damage))
    with pytest.raises(DistillError, match="index.json: corrupted shard .*run the command again to rebuild"):
        read_index(shard)
    assert not whole(shard, "d", told.append) and "index.json: corrupted shard" in told[0]


@pytest.mark.parametrize("rate", [0, -5, 10**9])
def test_a_corpus_at_no_rate_is_named(rate, tmp_path):
    about = {"teacher": {}, "identity": "", "text": "", "language": "", "phonemizer": "", "symbols": {}, "shards": 1}
    (tmp_path / "corpus.json").write_text(json.dumps(about | {"sample_rate": rate}))
    with pytest.raises(DistillError, match=f"corpus.json: key 'sample_rate': states {rate} samples per second"):
        load_recordings(tmp_path)
