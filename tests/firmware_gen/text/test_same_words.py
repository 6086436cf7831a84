"""Python and the generated C read custom words and inline pronunciations in the same way."""

import random

import pytest

from tests.firmware_gen.text.same import PIECES, assert_same, broken, compiled, spoken, tables
from ticktalk.runtime_sim.text.bundled import frontend

COMPILED = {
    "Nguyen": "wˈɪn",
    "ticktalk": "tˈɪktˌɔk",
    "Polish": "pˈOlɪʃ",
    "Jan": "jˈɑn",
    "COVID-19": "kˈOvɪd",
    "New York": "nˈu jˌɔɹk",
    "café": "kæfˈA",
    "a": "ˈA",
    "5G": "fˌIvʤˈi",
    "C++": "sˈi",
    "kilometers": "klˈɪks",
    "zyxo": "zˈɪksO",
    "reno": "ɹˈinO",
    "€": "jˈʊɹOz",
}
FILLED = {
    "ticktalk": "tˈA",
    "York": "jˈɔk",
    "iOS": "ˌIˌOˈɛs",
    "the": "ðˈi",
    "x y z": "z",
    "Dr.": "dˈɑk",
    "mild": "mˈIᵊld",
}
TEXTS = [
    "Zyxo's ZYXOS zyxoing zyxo-like, re-zyxo zyxo.org zyxo5 MyZyxo Reno RENO. zyxoed kilometers Kilometers' 5 km",
    "Nguyen's NGUYEN nguyens' and the Ticktalk's; polish Polish Polishing. Jan 5, New York's C++.",
    "ticktalk.org iOS ios tick-talk ticktalk-like 5G 5Gs COVID-19 covid-19 5 km €5 Dr. Who x y z mild",
    "[word](/wˈɜɹd/) a [New York](/nˌu jˈɔɹk/)'s b [a](/æ/)-b pre-[c](/sˈi/)post [田中](/tənˈɑkə/)さん",
    "[a](/about/) [x](/æpple/) [docs](/api/v2/) ](/ˈˈæ [](/æ/) [a](/ˈˌ/) [a](/ æ/) [a](/æ /) [[a](/ðə/)] [a] (/æ/)",
    "[" + "w" * 48 + "](/æ/) [" + "w" * 49 + "](/æ/) [b](/" + "æ" * 96 + "/) [b](/" + "ə" * 97 + "/)",
    "](/æðŋɐɑɔəɛɜɡɪɹʃʊʌʒʤʧˈˌθᵊᵻ/) æðŋɐɑɔəɛɜɡɪɹʃʊʌʒʤʧˈˌθᵊᵻ ](/😀æ😀😀 ](/æ\0æ ](/ˈˈ\0 ](/æ\0æsop",
]
MORE = (
    *PIECES,
    "[a](/",
    "/)",
    "](/",
    "[",
    "]",
    "ˈæ",
    "[word](/wˈɜɹd/)",
    "Nguyen",
    "New York",
    "'s",
    "C++",
    "ð",
    "ticktalk",
)
# Lines of a words file that the C code must refuse.
REFUSED = ["\ttˈA", "é\ttˈA", "a\t", "a\ttˈQ", "a\tˈ", "a \ttˈA", "a\t tˈA", "a\ttˈA  tˈA", "a" * 33 + "\ttˈA"]


@pytest.fixture(scope="module")
def front():
    return frontend("en-us").with_words(COMPILED, FILLED)


@pytest.fixture(scope="module")
def program(front, tmp_path_factory):
    """Return the front end with compiled-in words, built with sanitizers."""
    return compiled(front, tmp_path_factory.mktemp("text"))


@pytest.fixture(scope="module")
def filled(front, tmp_path_factory):
    """Return the file with the words that the application supplies at run time."""
    file = tmp_path_factory.mktemp("words") / "words"
    file.write_text("".join(f"{spelling}\t{phonemes}\n" for spelling, phonemes in front.own[0].items()))
    return file


def test_texts_with_own_words_are_read_alike(program, front, filled):
    assert_same(program, [text.encode() for text in TEXTS] + tables(), front, filled)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_broken_texts_with_own_words_are_read_alike(program, front, filled, seed):
    pieces = [piece.encode() for text in TEXTS for piece in text.split(";")[0].split(". ")]  # short texts
    texts = list(broken(pieces, 150, seed, MORE)) + list(broken(tables(), 300, seed, MORE))
    assert_same(program, texts, front, filled)


def test_pieces_in_any_order_are_read_alike(program, front, filled):
    chance = random.Random(7)
    assert_same(
        program, ["".join(chance.choices(MORE, k=chance.randrange(12))).encode() for _ in range(1000)], front, filled
    )


def test_words_of_the_application_take_precedence(program, front, filled):
    assert spoken(program, [b"ticktalk"]) == [["tˈɪktˌɔk"]]
    assert spoken(program, [b"ticktalk"], filled) == [["tˈA"]]


@pytest.mark.parametrize("line", REFUSED)
def test_a_word_that_the_c_cannot_use_is_refused(program, tmp_path, line):
    file = tmp_path / "words"
    file.write_text(line + "\n")
    with pytest.raises(AssertionError):
        spoken(program, [b"a"], file)
