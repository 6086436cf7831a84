"""Every reader of untrusted files accepts the file or raises its package's own error with a one-line message.

With TICKTALK_PROFILE=long, each test draws 10,000 examples, which differ from run to run.
docs/measurements/robustness.md has the results.
"""

import hashlib
import io
import json
import re
import shutil
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.hostile import EXAMPLES, damaged, edited_toml, nonsense, refuses_or_works
from tests.support.paths import TINY
from tests.support.watch_firmware import firmware
from ticktalk.boards import journal
from ticktalk.boards.board import CATALOGUE as BOARDS
from ticktalk.boards.board import load_board
from ticktalk.boards.errors import BoardError, BoardsError, ImageError
from ticktalk.boards.fleet import read_fleet
from ticktalk.boards.images.keys import make_key, public_key
from ticktalk.boards.images.mcuboot import check_for_board, check_signature, make_image, read_image
from ticktalk.boards.virtual.faults import parse
from ticktalk.converter.audio.wav_reader import read_wav
from ticktalk.converter.corpora.recordings import CORPUS, load_recordings
from ticktalk.converter.errors import DistillError
from ticktalk.converter.storage.shard_folder import write_shard
from ticktalk.converter.storage.shards import load_features
from ticktalk.converter.teachers.catalogue import HERE as CARDS
from ticktalk.converter.teachers.catalogue import read_card
from ticktalk.runtime_sim.errors import VoiceError
from ticktalk.runtime_sim.voice import load_voice

M4 = load_board("qemu-m4")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def voice(folder):
    return Path(shutil.copytree(TINY, folder / "voice"))


@EXAMPLES
@given(data=st.data())
def test_voice_manifests(voice, data):
    (voice / "voice.toml").write_bytes(data.draw(edited_toml((TINY / "voice.toml").read_text())))
    refuses_or_works(lambda: load_voice(voice), VoiceError, voice)


@EXAMPLES
@given(data=st.data())
def test_tables_whose_hash_is_right(voice, data):
    with np.load(TINY / "tables.npz") as archive:
        tables = {name: archive[name] for name in archive.files}
    buffer = io.BytesIO()
    np.savez(buffer, **tables)
    tables = data.draw(damaged(buffer.getvalue()))
    _give_tables(voice, tables)
    refuses_or_works(lambda: load_voice(voice), VoiceError, voice)


@EXAMPLES
@given(data=st.data())
def test_tables_that_are_other_members(voice, data):
    """The archive is valid, but its arrays are not: they have wrong headers or types, or are not arrays at all."""
    with zipfile.ZipFile(TINY / "tables.npz") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = data.draw(st.sampled_from(sorted(members)))
    members[name] = data.draw(st.one_of(damaged(members[name]), _lying_headers()))
    buffer = io.BytesIO()
    with zipfile.ZipFile(
        buffer, "w", data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
    ) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    _give_tables(voice, buffer.getvalue())
    refuses_or_works(lambda: load_voice(voice), VoiceError, voice)


def _lying_headers():
    """Return a strategy for .npy files whose headers do not match the data."""
    shape = st.lists(st.integers(-2, 1 << 40), max_size=4).map(lambda shape: repr(tuple(shape)))
    dtype = st.sampled_from(
        ["'|i1'", "'<u4'", "'|O'", "'<f8'", "'<U1000000000'", "[('a', '<i4')]", "'nonsense'", "3", "None"]
    )
    headers = st.tuples(dtype, st.sampled_from(["False", "True", "0"]), shape).map(
        lambda h: f"{{'descr': {h[0]}, 'fortran_order': {h[1]}, 'shape': {h[2]}, }}\n".encode()
    )
    return headers.map(lambda header: b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(64))


def _give_tables(voice: Path, content: bytes) -> None:
    """Write tables.npz and update its hash in the manifest."""
    (voice / "tables.npz").write_bytes(content)
    text = (TINY / "voice.toml").read_text()
    digest = hashlib.sha256(content).hexdigest()
    (voice / "voice.toml").write_text(re.sub(r'(file = "tables.npz"\nsha256 = )"\w+"', rf'\1"{digest}"', text))


def test_tables_that_unpack_to_more_than_is_read(voice, monkeypatch):
    """A file of a few kilobytes must not exhaust the memory."""
    monkeypatch.setattr("ticktalk.runtime_sim.voice.MOST_BYTES", 1 << 20)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, embedding=np.zeros((1 << 20, 1), np.int8))
    _give_tables(voice, buffer.getvalue())
    with pytest.raises(
        VoiceError, match="tables.npz: .* its tables take 1048704 bytes, but at most 1048576 are allowed"
    ):
        load_voice(voice)


@pytest.mark.parametrize("board", ["qemu-m4", "stm32u5a9j-dk"])
def test_board_files(folder, board):
    file = folder / f"{board}.toml"

    @EXAMPLES
    @given(edited_toml((BOARDS / file.name).read_text()))
    def check(text):
        file.write_bytes(text)
        refuses_or_works(lambda: load_board(file), BoardError, file.name)

    check()


FLEET = (
    '[[watch]]\nboard = "qemu-m4"\nport = "/dev/ttyACM0"\n\n[[watch]]\nboard = "stm32u5a9j-dk"\nport = "/dev/ttyACM1"\n'
)


@EXAMPLES
@given(edited_toml(FLEET))
def test_fleet_files(folder, text):
    file = folder / "fleet.toml"
    file.write_bytes(text)
    refuses_or_works(lambda: read_fleet(file), BoardError)


@pytest.mark.parametrize("card", sorted(CARDS.glob("*.toml")), ids=lambda card: card.stem)
def test_teacher_cards(folder, card):
    file = folder / "card.toml"

    @EXAMPLES
    @given(edited_toml(card.read_text()))
    def check(text):
        file.write_bytes(text)
        refuses_or_works(lambda: read_card(file), DistillError, file)

    check()


@pytest.fixture(scope="module")
def key(folder):
    make_key(folder / "key.pem")
    return folder / "key.pem"


@EXAMPLES
@given(data=st.data())
def test_keys(folder, key, data):
    for name, original in (("a", key.read_bytes()), ("b", _public_pem(key))):
        file = folder / name
        file.write_bytes(data.draw(damaged(original)))
        refuses_or_works(partial(public_key, file), ImageError, file)


def _public_pem(key: Path) -> bytes:
    import base64

    body = base64.encodebytes(public_key(key))
    return b"-----BEGIN PUBLIC KEY-----\n" + body + b"-----END PUBLIC KEY-----\n"


@pytest.fixture(scope="module")
def image(key):
    return make_image(firmware(M4), M4, key=key)


@EXAMPLES
@given(data=st.data())
def test_images(image, key, data):
    """The images are damaged, but their hashes match, as in images forged by an attacker."""
    made = bytearray(data.draw(damaged(image)))
    refuses_or_works(lambda: check_for_board(bytes(made), M4, "mine"), ImageError, "mine")
    end = (
        int.from_bytes(made[8:10], "little")
        + int.from_bytes(made[12:16], "little")
        + int.from_bytes(made[10:12], "little")
    )
    if end + 40 < len(made):
        made[end + 8 : end + 40] = hashlib.sha256(made[:end]).digest()
    refuses_or_works(lambda: check_for_board(bytes(made), M4, "mine"), ImageError, "mine")
    try:
        found = read_image(bytes(made), "mine")
    except ImageError:
        return
    assert found.counter is None or found.counter < 1 << 32
    for other in (found, replace(found, signature=data.draw(st.binary(max_size=80)))):
        refuses_or_works(partial(check_signature, other, public_key(key), "mine"), ImageError, "mine")


@EXAMPLES
@given(data=st.data())
def test_journals_never_fail(folder, data):
    """A journal is used only to avoid repeated work.

    An unreadable journal is treated as empty, and inconsistent entries are ignored.
    """
    file = folder / "journal.json"
    whole = json.dumps(
        {"image": "ab" * 32, "done": data.draw(nonsense()), "held": {"0:4096": data.draw(nonsense())}}
    ).encode()
    file.write_bytes(data.draw(st.one_of(st.just(whole), damaged(whole), st.just(b"[" * 100_000))))
    assert isinstance(journal.load(file), dict)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "load", lambda path, found=journal.load(file): found)
        patch.setattr(journal, "store", lambda path, content: None)
        read = journal.Journal("qemu-m4", "here")
        done = read.done(bytes.fromhex("ab" * 32))
        assert type(done) is int and done >= 0
        assert read.holds(0, 4096, b"\0" * 32) in (True, False)


@EXAMPLES
@given(
    st.lists(
        st.sampled_from(
            ["drop", "unplug", "flip", "nack", "@", ":", "-back", " ", "1", "99999999999999999999", "\n", "-", "é"]
        )
    ).map("".join)
)
def test_fault_scripts(script):
    refuses_or_works(lambda: parse(script), BoardsError)


@pytest.fixture(scope="module")
def corpus(folder):
    out = folder / "corpus"
    write_shard(
        out / "0000",
        {"audio": np.zeros(700, np.int16), "phonemes": np.array([[0, 300], [5, 100], [0, 300]], np.int32)},
        {"utterances": [["Hello.", 3, 700]], "left_out": [], "digest": "0" * 64},
    )
    (out / CORPUS).write_text(
        json.dumps(
            {
                "teacher": {"name": "t"},
                "identity": "[]",
                "text": "mine",
                "language": "en-us",
                "phonemizer": "hibari",
                "symbols": {"a": 5},
                "sample_rate": 16000,
                "shards": 1,
            }
        )
    )
    return out


@EXAMPLES
@given(data=st.data())
def test_recordings(corpus, data):
    names = [CORPUS, "0000/index.json", "0000/audio.npy", "0000/phonemes.npy"]
    with _changed(corpus, names, data) as rehash:
        if rehash:
            _hash_again(corpus / "0000")
        refuses_or_works(lambda: load_recordings(corpus), DistillError, corpus)


@pytest.fixture(scope="module", params=[False, True], ids=["features", "recorded features"])
def features(request, folder):
    arrays = {
        "phonemes": np.array([[0, 2], [5, 1], [0, 1], [7, 3]], np.int16),
        "frames": np.zeros((7, 3), np.float32),
        "spectrum": np.zeros((7, 3 if request.param else 5, 401), np.float16),
    }
    if request.param:
        arrays["sound"] = np.zeros((7 * 200, 2), np.float16)
    shard = folder / f"features {request.param}" / "0000"
    write_shard(shard, arrays, {"utterances": [[3, 4], [1, 3]], "digest": "0" * 64})
    assert len(load_features([shard]).frames[0]) == 4
    return shard


@EXAMPLES
@given(data=st.data())
def test_features(features, data):
    names = ["0000/index.json", *sorted(f"0000/{file.name}" for file in features.glob("*.npy"))]
    with _changed(features.parent, names, data) as rehash:
        if rehash:
            _hash_again(features)
        refuses_or_works(lambda: load_features([features]), DistillError, features)


class _changed:
    """A context manager that changes one file of a folder and restores it afterwards.

    Entering the context returns whether the file's hash must be updated.
    """

    def __init__(self, folder: Path, names: list[str], data):
        self._folder = folder
        self._kept = {
            name: (folder / name).read_bytes()
            for name in {*names, *(f"{Path(n).parent}/index.json" for n in names if "/" in n)}
        }
        name = data.draw(st.sampled_from(names))
        original = self._kept[name]
        if name.endswith(".json"):
            self._new = name, data.draw(st.one_of(damaged(original), _other_json(json.loads(original))))
        else:
            self._new = name, data.draw(st.one_of(damaged(original), _lying_headers()))
        self._rehash = name.endswith(".npy")

    def __enter__(self):
        name, content = self._new
        (self._folder / name).write_bytes(content)
        return self._rehash

    def __exit__(self, *_):
        for name, content in self._kept.items():
            (self._folder / name).write_bytes(content)


@st.composite
def _other_json(draw, whole: dict) -> bytes:
    """Return the object as JSON, with one or two values replaced or removed."""
    changed = json.loads(json.dumps(whole))
    for _ in range(draw(st.integers(1, 2))):
        key = draw(st.sampled_from(sorted(whole)))
        if draw(st.booleans()):
            changed[key] = draw(nonsense())
        else:
            changed.pop(key, None)
    return json.dumps(changed).encode()


def _hash_again(shard: Path) -> None:
    index = json.loads((shard / "index.json").read_text())
    index["sha256"] = {
        name: hashlib.sha256((shard / f"{name}.npy").read_bytes()).hexdigest() for name in index["sha256"]
    }
    (shard / "index.json").write_text(json.dumps(index))


@EXAMPLES
@given(data=st.data())
def test_wav_files(data):
    original = (
        b"RIFF"
        + (36 + 64).to_bytes(4, "little")
        + b"WAVEfmt "
        + (16).to_bytes(4, "little")
        + bytes([1, 0, 1, 0])
        + (16000).to_bytes(4, "little")
        + (32000).to_bytes(4, "little")
        + bytes([2, 0, 16, 0])
        + b"data"
        + (64).to_bytes(4, "little")
        + bytes(64)
    )
    refuses_or_works(lambda: read_wav(data.draw(damaged(original)), "mine"), DistillError, "mine")
