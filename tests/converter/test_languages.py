"""Look up languages by name, check that they have all required parts, and check the sentences of each language."""

import inspect
from random import Random

import pytest

from ticktalk.converter import languages
from ticktalk.converter.corpora import sentences
from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.judging.words import plain_words, words_of
from ticktalk.converter.languages import en, es, fr
from ticktalk.converter.languages.en import sentences as english
from ticktalk.converter.languages.es import phrases as spanish
from ticktalk.converter.languages.es.sentences import GENERAL
from ticktalk.converter.languages.fr import phrases as french
from ticktalk.converter.languages.fr import sentences as french_text
from ticktalk.converter.teachers.teacher import Card, Teacher
from ticktalk.runtime_sim.errors import TextError
from ticktalk.runtime_sim.phonemizers import phonemizers

GERMAN = """from pathlib import Path
NAME, PHONEMIZER, TEXT_SOURCE = "German", "espeak-ng", "written for a test"
HELD_OUT = Path(__file__).with_name("held_out.txt")
default_sentences = lambda size, seed: [f"Es ist Satz {number}." for number in range(size)]
unlike = lambda sentences: None
words = lambda sentence: sentence.lower().replace("ß", "ss").split()
"""


@pytest.fixture
def german(tmp_path, monkeypatch):
    """Add German by creating its folder."""
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "__init__.py").write_text(GERMAN)
    (tmp_path / "de" / "held_out.txt").write_text("Es ist Satz 1.\nGute Nacht.\n")
    monkeypatch.setattr(languages, "__path__", [*languages.__path__, str(tmp_path)])


def test_a_language_is_found_by_the_name_of_its_folder(german):
    assert languages.codes() == ["de", "en", "es", "fr"]
    assert languages.names() == "German and English and Spanish and French"
    assert sentences.read_corpus(None, size=3, tag="de-at") == ["Es ist Satz 0.", "Es ist Satz 2."]
    assert sentences.source_of(None, "de") == "written for a test"
    assert sentences.held_out_sentences("de") == ["Es ist Satz 1.", "Gute Nacht."]
    assert words_of("de")("Straße 7") == ["strasse", "7"]


def test_no_text_has_a_sentence_that_is_held_out_in_any_language(german, tmp_path):
    (tmp_path / "text.txt").write_text("Gute Nacht!\nGuten Morgen.\n")
    assert sentences.read_corpus(tmp_path / "text.txt") == ["Guten Morgen."]


def test_a_language_without_a_folder_needs_texts_of_ones_own():
    assert languages.language("de") is None
    with pytest.raises(
        DistillError, match="no default text in de, only in English and Spanish and French; pass --corpus"
    ):
        sentences.read_corpus(None, tag="de")
    with pytest.raises(DistillError, match="no held-out sentences in de.*specify --sentences"):
        sentences.held_out_file("de")
    assert words_of("de") is plain_words and plain_words("Grüße, 7 Uhr! नमस्ते") == ["grüsse", "7", "uhr", "नमस्ते"]


@pytest.mark.parametrize("code", languages.codes())
def test_a_language_has_all_that_is_asked_of_one(code):
    found = languages.language(code)
    for name in ("NAME", "PHONEMIZER", "TEXT_SOURCE"):
        assert getattr(found, name)
    for name in ("default_sentences", "unlike", "words"):
        asked = inspect.signature(getattr(languages.Language, name)).parameters
        assert list(asked) == ["self", *inspect.signature(getattr(found, name)).parameters]
    held_out = sentences.held_out_sentences(code)
    assert found.PHONEMIZER in phonemizers() and found.unlike(held_out) is None and len(held_out) >= 64


def test_held_out_sentences_are_never_trained_on(tmp_path):
    held = sentences.held_out_sentences()
    assert len(held) == len(set(held)) == 64
    file = tmp_path / "mine.txt"
    file.write_text("\n".join([held[0].upper(), held[1].rstrip("."), "Something else.", "something  else"]) + "\n")
    told = []
    assert sentences.read_corpus(file, report=told.append) == ["Something else."]
    assert told == [
        f"{file}: left out (reserved for scoring): {held[0].upper()!r}, {held[1].rstrip('.')!r}",
        f"{file}: left out (repeated): 'something  else'",
    ]
    with pytest.raises(DistillError, match="nothing.txt"):
        sentences.read_corpus(tmp_path / "nothing.txt")


def test_lines_without_a_word_are_named_and_a_text_of_them_alone_is_a_usage_error(tmp_path):
    file, told = tmp_path / "mine.txt", []
    file.write_text("\U0001f642\n\n...\nHello there.\n")
    assert sentences.read_corpus(file, report=told.append) == ["Hello there."]
    assert told == [f"{file}: left out (no words): '\U0001f642', '...'"]
    file.write_text("\U0001f642\n" * 9)
    with pytest.raises(TextError, match="mine.txt contains no text to speak") as caught:
        sentences.read_corpus(file)
    assert caught.value.exit_code == 2


def test_what_has_no_phonemes_is_named_once():
    teacher, told = Teacher(Card("somebody", "none")), []
    lines = ["Well \U0001f642.", "Hello 田中, café.", "And \U0001f642 again.", "naïve"]
    assert sentences.unspoken_in(teacher, lines, told.append) == ["\U0001f642", "田中"]
    assert told == ["left out (phonemizer hibari cannot pronounce it): '\U0001f642', '田中'"]


def test_general_sentences_come_from_the_glosses(tmp_path):
    for part in ("adj", "adv", "noun", "verb"):
        (tmp_path / f"data.{part}").write_text('1 00 a | plain; "the old bridge is still closed"; "too short"\n')
    assert english.general_sentences(tmp_path) == ["The old bridge is still closed."]
    with pytest.raises(MissingToolError, match="apt install wordnet-base"):
        english.general_sentences(tmp_path / "no")


@pytest.mark.parametrize("module", [english, spanish, french])
def test_watch_phrases_repeat_with_the_seed_and_vary(module):
    first, second = ([module.watch_phrase(r) for _ in range(50)] for r in (Random(3), Random(3)))
    assert first == second and len(set(first)) > 40


def test_the_spanish_text_is_spanish_and_contains_nothing_held_out():
    general = GENERAL.read_text(encoding="utf-8").splitlines()
    assert sentences.trainable(general, GENERAL) == general
    text = es.default_sentences(300, 1)
    assert len({*text}) == 300 == 200 + len({*text} - {*general}) and text == es.default_sentences(300, 1)
    assert len(es.default_sentences(9999, 1)) == len(general) + len(general) // 2 + 1
    assert es.unlike(text) is None and "42 of 64 sentences have letters" in en.unlike(
        es.HELD_OUT.read_text().splitlines()
    )
    english = en.HELD_OUT.read_text().splitlines()
    assert en.unlike(english) is None and "words are common Spanish words" in es.unlike(english)
    assert "6 of 6 sentences have letters such as 'ã'" in es.unlike(["Amanhã são dez horas."] * 6)


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("Son las 7:30.", "son las siete y media", True),
        ("Faltan 21 km (80 %).", "Faltan veintiún kilómetros, ochenta por ciento", True),
        ("¿Qué tal? ¡Él sólo dijo sí!", "que tal, el solo dijo si", True),
        ("El 24/12/2026", "el veinticuatro de diciembre de dos mil veintiséis", True),
        ("wifi OK", "Wi-Fi, okey", True),
        ("está aquí", "esta aquí", False),
        ("hablo", "habló", False),
        ("dos horas", "doce horas", False),
    ],
)
def test_spanish_words_are_compared_as_they_sound(one, other, same):
    assert (es.words(one) == es.words(other)) is same


def test_the_french_text_is_french_and_contains_nothing_held_out():
    general = french_text.GENERAL.read_text(encoding="utf-8").splitlines()
    assert sentences.trainable(general, french_text.GENERAL) == general
    text = fr.default_sentences(300, 1)
    assert text == fr.default_sentences(9999, 1)[:300] and text != fr.default_sentences(300, 2)
    assert len({*text}) == 300 == 200 + len({*text} - {*general}) and text == fr.default_sentences(300, 1)
    assert fr.unlike(text) is None and en.unlike(fr.HELD_OUT.read_text().splitlines()) and es.unlike(text)
    assert "words are common French words" in fr.unlike(en.HELD_OUT.read_text().splitlines())
    assert "have letters such as" in fr.unlike(es.HELD_OUT.read_text().splitlines())


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("Il est 7 h 30.", "il est sept heures trente", True),
        ("Encore 71 km (97 %).", "Encore soixante-et-onze kilomètres, quatre-vingt-dix-sept pour cent", True),
        ("Où va-t-il ? L’œuf est là.", "ou va t il, l'oeuf est la", True),
        ("Le 24/12/2026", "le vingt-quatre décembre deux mille vingt-six", True),
        ("200 e-mails, OK", "deux-cents emails, ok", True),
        ("parlé", "parle", False),
        ("deux heures", "douze heures", False),
    ],
)
def test_french_words_are_compared_as_they_sound(one, other, same):
    assert (fr.words(one) == fr.words(other)) is same
