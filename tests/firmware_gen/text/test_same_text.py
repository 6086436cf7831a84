"""Python and the generated C convert every text to the same phonemes.

The sentences come from the language pack's tables, with and without random corruptions.
"""

import random

import pytest

from tests.firmware_gen.text.same import PIECES, assert_same, broken, compiled, spoken, tables
from ticktalk.firmware_gen.text.export import text_parts
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.text.readings import load_rows

TEXTS = 500
# Texts of kinds that the tables and their corruptions rarely contain.
RARE = [
    b"What!? Now!?! One\n\n\n\ntwo. \n \n \n three",
    b"The 1234567890123456789012345678901234567rd, 000000000000000000000000000000000000000001st and 0,000,001st one.",
    b"He will record " + b"w" * 40 + b". A " + b"v" * 40 + b" record, and the record " + b"x" * 40 + b" is",
    b"1/2 3/4 5/100 11/1000 7/9ths; \xc2\xbd1 x\xc2\xb22 5\xc2\xb2 \xe2\x82\xac5 a5b-6c 5-b",
    b"Crazily, creatively, angrily, competitively, massively. ticktalkity",
    b'I, A, O - x, Y. a, i; (c) "b"',
]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """Return a program, built with sanitizers, that runs the front end's C code on text from standard input."""
    return compiled(frontend("en-us"), tmp_path_factory.mktemp("text"))


def test_the_tables_are_read_alike(program):
    assert_same(program, tables() + RARE, frontend("en-us"))


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_broken_texts_are_read_alike(program, seed):
    assert_same(program, list(broken(tables(), TEXTS, seed)), frontend("en-us"))


@pytest.mark.long  # test_watch_that_reads.py speaks with the small pack
def test_the_small_pack_is_read_alike(tmp_path):
    front = frontend("en-us-small")
    assert_same(compiled(front, tmp_path), [*tables(), *broken(tables(), 200, seed=4)], front)


def test_the_spanish_pack_is_read_alike(tmp_path):
    front = frontend("es")
    texts = [row.text for row in load_rows(front.pack.path / "readings.tsv")]
    texts.append(b"llave" + 9 * b"lave")  # parts of a compound meet where a stress was removed
    texts += [b"$" + 31 * b"1", b"1.000.000.000.000.000.000 horas"]  # read digit by digit
    pieces = (*PIECES, "á", "Ñ", "ü", "º", "ª", ",", "3,5", "1.000.000", "¿", "un ", " de ")
    assert_same(compiled(front, tmp_path), [*texts, *broken(texts, 400, 6, pieces)], front)


def test_the_french_pack_is_read_alike(tmp_path):
    front = frontend("fr")
    texts = [row.text for row in load_rows(front.pack.path / "readings.tsv")]
    texts += [b"123 456 " * 200, b"l'" * 40 + b"eau", b"L'" + b"a" * 40, "les héros, (« oiseaux »), les 11".encode()]
    pieces = (*PIECES, "é", "À", "œ", "ç", "l'", "Qu'", "’", "1 000 000", "3,5", "80", " les ", "oiseau", "h")
    assert_same(compiled(front, tmp_path), [*texts, *broken(texts, 400, 7, pieces)], front)


def test_the_tables_of_each_tier_fit_beside_the_code():
    """The limits are 200 kB and 80 kB. On a Cortex-M4 with gcc -Os, the code takes 16.6 kB, and 17.6 kB for `es`."""
    small = (("en-us-small", 16_604), ("es", 17_564), ("fr", 17_396))
    for pack, code, most in (("en-us", 16_604, 200_000), *((*each, 80_000) for each in small)):
        assert sum(text_parts(frontend(pack))[1].values()) + code <= most


def test_long_texts_are_read_alike(program):
    chance = random.Random(5)
    long = b" ".join(chance.choices(tables(), k=300))
    noise = bytes(chance.randrange(256) for _ in range(8_000))
    texts = [long, noise, b"\0" * 3000, b"a" * 5000, b"A" * 5000, b"1" * 3000, b"." * 3000, b"x. " * 1000, b""]
    assert_same(program, texts, frontend("en-us"))


def test_words_are_known_one_after_the_other(program):
    """The conversion of a word waits for the next word only if it depends on that word's first sound, or if the two
    words form a compound."""
    text = b'Plain boring owls: the owl has it, a well-known "a" that they have.'
    (parts,) = spoken(program, [text], "--known")
    front = frontend("en-us")
    assert ["".join(parts)] == front(text)
    assert len(parts) > 9 and len(max(parts, key=len)) < 30
    assert parts[:2] == ["plˈAn", " bˈɔɹɪŋ"]
    assert any("ði" in part and "W" in part for part in parts)
