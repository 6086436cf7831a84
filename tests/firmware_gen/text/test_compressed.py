"""Lexicons are compressed once, and a damaged cache changes nothing."""

import pytest

from ticktalk.firmware_gen.text import compressed as module
from ticktalk.firmware_gen.text.compress import compress
from ticktalk.firmware_gen.text.compressed import compressed
from ticktalk.runtime_sim.text.bundled import frontend

FRONT = frontend("en-us-small")
LEXICON = {word: said for k, (word, said) in enumerate(FRONT.words.lexicon.items()) if k % 8 == 0}
CHUNKS, PHONEMES = FRONT.pack.manifest["chunks"], ["\0", *sorted(set("".join(LEXICON.values())))]


@pytest.fixture
def counted(monkeypatch, tmp_path):
    """Return a list that grows by one item whenever a lexicon is compressed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    calls = []
    monkeypatch.setattr(module, "compress", lambda *given: calls.append(given) or compress(*given))
    return calls


def test_a_lexicon_is_compressed_once(counted, tmp_path):
    first = compressed(LEXICON, CHUNKS, PHONEMES)
    assert first == compressed(LEXICON, CHUNKS, PHONEMES) == compress(LEXICON, CHUNKS, PHONEMES)
    assert len(counted) == 1
    assert compressed(dict(list(LEXICON.items())[1:]), CHUNKS, PHONEMES) != first
    assert len(counted) == 2


@pytest.mark.parametrize("damaged", [b"", b"short", bytes(100)], ids=["empty", "short", "zeros"])
def test_a_damaged_entry_is_written_again(damaged, counted, tmp_path):
    first = compressed(LEXICON, CHUNKS, PHONEMES)
    (file,) = (tmp_path / "cache" / "ticktalk" / "lexicons").iterdir()
    file.write_bytes(damaged)
    assert compressed(LEXICON, CHUNKS, PHONEMES) == first and len(counted) == 2
    assert compressed(LEXICON, CHUNKS, PHONEMES) == first and len(counted) == 2


def test_a_folder_that_cannot_be_written_does_no_harm(counted, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/none")
    assert compressed(LEXICON, CHUNKS, PHONEMES) == compress(LEXICON, CHUNKS, PHONEMES)
