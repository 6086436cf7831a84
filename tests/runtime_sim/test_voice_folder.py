"""An invalid voice folder is refused with a one-line error that names the file and the key."""

import hashlib
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.support.paths import TINY
from ticktalk.runtime_sim.errors import VoiceError
from ticktalk.runtime_sim.voice import load_voice, voice_hash


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(TINY, tmp_path / "v"))


def edit(folder, pattern, new):
    """Replace `pattern` with `new` in voice.toml, where it must occur exactly once."""
    file = folder / "voice.toml"
    text, count = re.subn(pattern, new, file.read_text(), flags=re.M)
    assert count == 1
    file.write_text(text)


def replace_tables(folder, **changes):
    """Replace tables, or remove those that are None, and update the hash in the manifest."""
    with np.load(folder / "tables.npz") as archive:
        tables = {name: archive[name] for name in archive.files} | changes
    np.savez(folder / "tables.npz", **{name: table for name, table in tables.items() if table is not None})
    digest = hashlib.sha256((folder / "tables.npz").read_bytes()).hexdigest()
    edit(folder, r'(file = "tables.npz"\nsha256 = )"\w+"', rf'\1"{digest}"')


def refused(folder, *words):
    with pytest.raises(VoiceError) as caught:
        load_voice(folder)
    message = str(caught.value)
    assert "\n" not in message and caught.value.exit_code == 3
    for word in words:
        assert word in message, message


def test_a_good_voice(folder):
    voice = load_voice(folder)
    assert voice.manifest["name"] == "tiny" and set(voice.graphs) == {"phoneme", "frame"}
    files = [
        hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("phoneme.tflite", "frame.tflite", "tables.npz")
    ]
    assert voice.hash == voice_hash(files) == load_voice(TINY).hash
    assert (
        voice.width("phoneme", "hidden") == 6
        and voice.width("frame", "noise") == 401
        and voice.input_width("frame") == 8
    )


def test_the_voice_hash_changes_with_any_file():
    assert voice_hash(["a" * 64, "b" * 64]) == voice_hash(["b" * 64, "a" * 64]) != voice_hash(["a" * 64, "c" * 64])


@pytest.mark.parametrize("name", ["phoneme.tflite", "frame.tflite", "tables.npz"])
def test_one_flipped_bit(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    refused(folder, name, "SHA-256", "corrupted")


def test_a_missing_file(folder):
    (folder / "frame.tflite").unlink()
    refused(folder, "frame.tflite", "cannot be read")


def test_not_a_voice(tmp_path):
    refused(tmp_path, "no voice.toml")
    refused(tmp_path / "nowhere", "nowhere", "no voice.toml")
    (tmp_path / "voice.toml").write_text("schema = ")
    refused(tmp_path, "voice.toml", "not valid TOML")


@pytest.mark.parametrize("new", ["schema = 2", "schema = '1'", "schema = true", ""])
def test_an_unknown_schema(folder, new):
    edit(folder, "^schema = 1$", new)
    refused(folder, "voice.toml", "schema", "reads schema 1")


@pytest.mark.parametrize(("pattern", "key"), [
    ("^hop = 200$", "'hop'"), ("^edge = 0$", "'phonemes.edge'"), ("^context = 3$", "'graphs.phoneme.context'"),
    ('^file = "tables.npz"$', "'tables.file'"), (r"^symbols = .*$", "'phonemes.symbols'"),
])  # fmt: skip
def test_a_missing_key(folder, pattern, key):
    edit(folder, pattern, "")
    refused(folder, "voice.toml", key, "missing")


@pytest.mark.parametrize(("pattern", "new", "words"), [
    ("^hop = 200$", "hop = '200'", ("'hop'", "int")),
    ("^hop = 200$", "hop = true", ("'hop'", "int")),
    ("^hop = 200$", "hop = 0", ("'hop'", "at least 1")),
    ("^sample_rate = 16000$", "sample_rate = 7999", ("'sample_rate'", "at least 8000")),
    ("^limit = 60$", "limit = 5000", ("'phonemes.limit'", "5000")),
    ("^chunk = 7$", "chunk = 8", ("frame.tflite", "input", "[1, 1, 16, channels]")),
    ('"hidden"', '"hiden"', ("'graphs.phoneme.outputs'", "hidden")),
    ('"w" = 19', '"w" = 20', ("'phonemes.symbols'", "20")),
    ('"w" = 19', '"wh" = 19', ("'phonemes.symbols'", "'wh'")),
    ('"w" = 19', '"w" = -1', ("'phonemes.symbols'", "-1")),
    ('^file = "tables.npz"$', 'file = "../tables.npz"', ("bare file name",)),
    ("^limit = 60$", "limit = 60\npacks = 'en-us'", ("'phonemes.packs'", "'en-us'", "list")),
    ("^limit = 60$", "limit = 60\npacks = [1]", ("'phonemes.packs'", "[1]")),
    ("^limit = 60$", "limit = 60\npacks = ['../en-us']", ("'phonemes.packs'", "../en-us")),
    ("^limit = 60$", "limit = 60\npacks = ['en-us', 'en-us']", ("'phonemes.packs'", "distinct")),
    ("^n_fft = 800$", "n_fft = 512", ("harmonic", "401", "257")),
    ("^n_fft = 800$", "n_fft = 1023", ("{folder}: n_fft 1023", "multiple of 4")),
    ("^hop = 200$", "hop = 1", ("{folder}: ", "hop 1 must be")),
])  # fmt: skip
def test_a_wrong_value(folder, pattern, new, words):
    edit(folder, pattern, new)
    refused(folder, *(word.format(folder=folder) for word in words))


@pytest.mark.parametrize(
    "line, words",
    [
        *(
            (f"{key} = 3", f"key '{key}' is 3, but must be a table")
            for key in ("sound", "training", "scores", "teachers")
        ),
        ("sound = { gain = 63 }", "key 'sound.gain' is 63, but must be an integer from 64 to 1023"),
        ("sound = { lufs = 1 }", "key 'sound.lufs' is 1, but must be a number from -60 to 0"),
        ("sound = { equaliser = [] }", "key 'sound.equaliser' is [], but must be one of flat, small, watch"),
    ],
)
def test_an_optional_table_with_a_mistake(folder, line, words):
    edit(folder, "^hop", line + "\nhop")
    refused(folder, "voice.toml", words)


def test_tables_that_do_not_fit(folder):
    replace_tables(folder, duration=None)
    refused(folder, "tables.npz", "'duration'", "missing")
    replace_tables(folder, duration=np.zeros(256, np.int32))
    refused(folder, "tables.npz", "'duration'", "int32", "uint16")
    replace_tables(folder, duration=np.zeros(256, np.uint16), pitch=np.zeros(256, np.uint32))
    refused(folder, "pitch table", "256", "511")
    replace_tables(folder, pitch=np.zeros(511, np.uint32), embedding=np.zeros((20, 9), np.int8))
    refused(folder, "embedding", "9", "12")


def test_a_graph_that_is_no_graph(folder):
    (folder / "frame.tflite").write_bytes(b"not a flatbuffer")
    digest = hashlib.sha256(b"not a flatbuffer").hexdigest()
    edit(folder, r'(file = "frame.tflite"\nsha256 = )"\w+"', rf'\1"{digest}"')
    refused(folder, "frame.tflite")


@pytest.mark.parametrize("number", [2**32, 2**63, 10**30])
@pytest.mark.parametrize("key", ["sample_rate", "hop", "n_fft", "edge", "limit", "chunk", "context"])
def test_numbers_that_overflow_somewhere_are_refused_where_they_are_read(folder, key, number):
    file = folder / "voice.toml"
    text, count = re.subn(rf"^{key} = \d+$", f"{key} = {number}", file.read_text(), flags=re.M)
    assert count
    file.write_text(text)
    refused(folder, *([f"'{key}'", "at most"] if key in ("sample_rate", "hop", "n_fft") else []))
