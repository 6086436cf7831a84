"""How the Spanish pack reads the sentences in its table, and its numbers, letters and joins."""

import pytest

from tests.support.talker import talker
from ticktalk.bundled import voice_folder
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.text.reading import check_symbols
from ticktalk.runtime_sim.errors import VoiceError
from ticktalk.runtime_sim.phonemizers import espeak_ng
from ticktalk.runtime_sim.speech import Speaker, utterances
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.text.readings import load_rows, right
from ticktalk.runtime_sim.voice import load_voice


@pytest.fixture(scope="module")
def spanish():
    return frontend("es")


def test_texts_are_read_as_the_table_says(spanish):
    rows = load_rows(spanish.pack.tests / "readings.tsv")
    assert len(rows) >= 150 and len({row.text for row in rows}) == len(rows)
    assert [row.text.decode() for row in rows if not right(row, spanish)] == []


@pytest.mark.parametrize(
    "text, words",
    [
        ("21.021.021", "veintiún millones veintiún mil veintiuno"),
        ("1.000.000.000", "mil millones"),
        ("2.001.000.000", "dos mil un millones"),
        ("1.001.000.000.000", "un billón mil millones"),
        ("221 horas y 221 euros", "doscientas veintiuna horas y doscientos veintiún euros"),
        ("1,5 horas", "uno coma cinco horas"),
        ("CAMIÓN Ñandú", "CAMIÓN Ñandú"),
    ],
)
def test_numbers_and_letters(spanish, text, words):
    assert spanish.spoken(text) == [words]


def test_words_change_where_they_meet(spanish):
    assert spanish("un beso, un gato, el día. De día") == ["ˈum bˈeso, ˈuŋ ɡˈato, el ðˈia.", "de ðˈia"]


def test_a_voice_needs_the_symbols_of_the_pack(spanish):
    assert set(spanish.symbols) <= set(espeak_ng.symbols())
    voice = talker("es")
    check_symbols(spanish, voice)
    ids, seed = next(utterances(voice, "Son las 7:30.", 1))
    assert len(Speaker(voice).speak(ids, seed)) > 1000
    with pytest.raises(BuildError, match="cannot use language pack 'es': the voice lacks the symbols"):
        check_symbols(spanish, talker("en-us"))


def test_a_pack_whose_phonemes_the_voice_was_not_trained_with_is_refused(spanish):
    voice = load_voice(voice_folder("heart-nano"))  # it has a number for each of the symbols
    words = "voice 'heart-nano' was trained with phonemes of misaki, but ticktalk:es writes those of espeak-ng"
    with pytest.raises(BuildError, match=words):
        check_symbols(spanish, voice)
    for front_end in ("ticktalk:es", "espeak-ng:es"):
        with pytest.raises(VoiceError, match=words.replace("ticktalk:es", front_end)):
            next(utterances(voice, "Son las 7:30.", front_end=front_end))
