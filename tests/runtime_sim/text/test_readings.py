"""Test how the English pack reads the sentences in its tables and other sentences."""

import tracemalloc

import pytest

from ticktalk.runtime_sim.phonemizers import phonemizer
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.text.readings import load_rows, right, right_word
from ticktalk.runtime_sim.text.scan import MOST_ITEMS


@pytest.fixture(scope="module")
def english():
    return frontend("en-us")


def table(english, name):
    return load_rows(english.pack.tests / name)


def test_the_table_is_large_and_half_of_it_is_held_out(english):
    rows = table(english, "readings.tsv")
    assert len(rows) >= 500 and len({row.text for row in rows}) >= len(rows) - 5
    assert 0.4 < sum(row.held for row in rows) / len(rows) < 0.6
    assert len({row.category for row in rows}) >= 40


@pytest.mark.parametrize("held, least", [(False, 0.99), (True, 0.97)])
def test_texts_are_read_as_the_table_says(english, held, least):
    rows = [row for row in table(english, "readings.tsv") if row.held == held]
    assert sum(right(row, english) for row in rows) / len(rows) >= least


@pytest.mark.parametrize("held", [False, True])
def test_neighbours_decide_which_reading_is_meant(english, held):
    rows = [row for row in table(english, "heteronyms.tsv") if row.held == held]
    assert len(rows) >= 100 and len({row.category for row in rows}) >= 40
    assert sum(right_word(row, english) for row in rows) / len(rows) >= 0.95


def test_the_small_pack_reads_nearly_all_of_it():
    small = frontend("en-us-small")
    rows = [row for row in table(small, "readings.tsv") if row.category != "emoji"]
    assert sum(right(row, small) for row in rows) / len(rows) >= 0.98
    words = table(small, "heteronyms.tsv")
    assert sum(right_word(row, small) for row in words) / len(words) >= 0.95
    assert small.spoken("Well done 😀") == ["Well done emoji"]


def test_texts_read_together_are_read_as_one_by_one(english):
    texts = [row.text for row in table(english, "readings.tsv")] + [b"", b"Zyxo qmwert! Brillig? Zyxo, slithy toves."]
    english.words.predicted.clear()
    together = english.read(texts)
    english.words.predicted.clear()
    assert together == [english(text) for text in texts]


@pytest.mark.parametrize(
    "text, sentences",
    [
        ("Meet at 8 p.m. Then go.", 2),
        ("Meet at 8 p.m. on Friday.", 1),
        ("Dr. Smith met J. R. R. Tolkien.", 1),
        ("Take approx. 5 m. Stop.", 2),
        ("Milk\nEggs\nBread", 3),
        ("a line that\ngoes on", 1),
        ("What?! No... Yes!", 3),
        ("one, two; three: four", 1),
        ("\u3002\u3002", 0),
    ],
)
def test_a_sentence_ends_where_a_person_would_pause(english, text, sentences):
    assert len(english(text)) == sentences


def test_the_order_of_dates_is_an_option():
    assert frontend("en-us", "dmy").spoken("3/4/2026")[0].startswith("april third")
    assert frontend("en-us", "mdy").spoken("3/4/2026")[0].startswith("march fourth")


def test_every_phoneme_is_one_that_heart_knows(english):
    from ticktalk.runtime_sim.voice import load_voice
    from ticktalk.voices import __file__ as voices

    symbols = load_voice(voices.replace("__init__.py", "heart")).manifest["phonemes"]["symbols"]
    said = [*english.words.lexicon.values(), *english.pack.manifest["chunks"], *english.words.letters.values()]
    for row in table(english, "readings.tsv"):
        said += english(row.text)
    assert set("".join(said)) <= set(symbols)


def test_any_bytes_at_all_are_read_in_bounded_pieces(english):
    for text in (b"\0" * 5000, bytes(range(256)) * 20, b"a" * 5000, b"1" * 5000, b"." * 5000, "\u0301".encode() * 3000):
        for items in english.items(text):
            assert len(items) <= MOST_ITEMS
        assert all(isinstance(said, str) for said in english(text))


def test_memory_does_not_grow_with_what_was_read_before(english):
    list(english("Warm up. zyxwv"))
    tracemalloc.start()
    for k in range(3000):
        english(
            f"qz{'abcdefghij'[k % 10]}{'klmnopqrst'[k // 10 % 10]}{'uvwxyzabcd'[k // 100 % 10]}{'efgh'[k // 1000]}o"
        )
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1_500_000


def test_it_is_a_phonemizer_like_the_others(english):
    assert phonemizer("ticktalk:en-us")("It's 7:30.") == english("It's 7:30.")
