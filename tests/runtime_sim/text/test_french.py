"""How the French pack reads the sentences in its table, and its numbers, elisions and liaisons."""

import pytest

from tests.support.talker import talker
from ticktalk.firmware_gen.text.reading import check_symbols
from ticktalk.runtime_sim.phonemizers import espeak_ng
from ticktalk.runtime_sim.speech import Speaker, utterances
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.text.readings import load_rows, right


@pytest.fixture(scope="module")
def french():
    return frontend("fr")


def test_texts_are_read_as_the_table_says(french):
    rows = load_rows(french.pack.tests / "readings.tsv")
    assert len(rows) >= 150 and len({row.text for row in rows}) == len(rows)
    assert [row.text.decode() for row in rows if not right(row, french)] == []


@pytest.mark.parametrize(
    "text, words",
    [
        ("71 171 071 000", "soixante et onze milliards cent soixante et onze millions soixante et onze mille"),
        ("91 591", "quatre vingt onze mille cinq cents quatre vingt onze"),
        ("280e", "deux cents quatre vingtième"),
        ("61 personnes et 61 euros", "soixante et une personnes et soixante et un euros"),
        ("Œufs à l’ÉCOLE", "Oeufs à l' ÉCOLE"),
        ("l'l'eau d'aujourd'hui", "l' l' eau d' aujourd'hui"),
    ],
)
def test_numbers_and_letters(french, text, words):
    assert french.spoken(text) == [words]


def test_words_change_where_they_meet(french):
    assert french("Les amis, les héros. Les oiseaux de l'été") == ["le-z amˈi, le- eʁˈo.", "le-z wazˈo də- letˈe"]
    assert french("C'est six. Six amis, six tables.") == ["sɛ sˈis.", "sˈiz amˈi, sˈi tˈabl."]


def test_a_voice_needs_the_symbols_of_the_pack(french):
    assert set(french.symbols) <= set(espeak_ng.symbols())
    voice = talker("fr")
    check_symbols(french, voice)
    ids, seed = next(utterances(voice, "Il est 7 h 30.", 1))
    assert len(Speaker(voice).speak(ids, seed)) > 1000
