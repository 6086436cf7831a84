"""Compress a lexicon and read it back."""

import numpy as np
import pytest

from ticktalk.firmware_gen.text.clusters import grouped
from ticktalk.firmware_gen.text.compress import align, compress, lengths, splits
from ticktalk.firmware_gen.text.lexicon import Lexicon
from ticktalk.runtime_sim.text.bundled import frontend


@pytest.fixture(scope="module")
def words():
    """Return every twentieth word of the English lexicon and all words with several readings."""
    lexicon = frontend("en-us").words.lexicon
    some = {w: said for k, (w, said) in enumerate(sorted(lexicon.items())) if k % 20 == 0 or w[-1] in "VNJDP"}
    return {**some, **{w[:-1]: lexicon[w[:-1]] for w in some if w[-1] in "VNJDP" and w[:-1] in lexicon}}


@pytest.fixture(scope="module")
def packed(words):
    chunks = frontend("en-us").pack.manifest["chunks"]
    phonemes = ["\0", *sorted(set("".join(words.values())))]
    data = compress(words, chunks, phonemes)
    return data, Lexicon(data, chunks, phonemes)


def test_every_word_comes_back(words, packed):
    data, lexicon = packed
    read = lexicon.everything()
    assert {word: said for word, (said, _) in read.items()} == words
    assert {word for word, (_, more) in read.items() if more} == {w[:-1] for w in words if w[-1] in "VNJDP"}
    assert len(data) - lexicon.start < 5.5 * len(words)


def test_words_are_found_one_by_one_and_others_are_not(words, packed):
    _, lexicon = packed
    for word in list(words)[::40]:
        assert lexicon.get(word) == (words[word], word + "V" in words or any(word + r in words for r in "NJDP"))
    for word in ("", "zzzzz", "a" * 40, "new york", "qx'"):
        assert word in words or lexicon.get(word) is None


def test_lengths_are_those_of_a_code():
    assert lengths([0, 5, 0]) == [0, 1, 0]
    for counts in ([1, 1, 2, 4, 8], [1 << k for k in range(30)], [3] * 17):
        bits = lengths(counts)
        assert sum(2.0**-n for n in bits) <= 1 and max(bits) <= 15


def test_the_cheapest_alignment_is_taken():
    costs = {"a": {"æ": 1, "b": 9, "": 5}, "b": {"æ": 9, "b": 1, "": 4}}
    ways = splits("æb", costs["a"])
    assert align("abb", ways, costs) == ["æ", "", "b"] or align("abb", ways, costs) == ["æ", "b", ""]
    assert align("a", splits("bb", costs["a"]), costs) is None


def test_the_chunks_of_a_word_are_found_at_every_position():
    assert splits("ɛks", {"", "ɛ", "k", "ks", "s"}) == [
        [(0, ""), (1, "ɛ")],
        [(1, ""), (2, "k"), (3, "ks")],
        [(2, ""), (3, "s")],
        [(3, "")],
    ]
    assert splits("z", {"s"}) == [[], []]


def test_contexts_with_the_same_symbols_share_a_code():
    often = [0, 900, 100]
    assert grouped(np.array([often, [500, 0, 0], [0, 0, 0], often, [40, 0, 0]]), 16) == [0, 1, 0, 0, 1]
    assert grouped(np.array([often, [500, 0, 0], often]), 1) == [0, 0, 0]
