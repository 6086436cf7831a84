"""What a voice speaks if the user specifies no text."""

from dataclasses import replace

import pytest

from tests.support.talker import talker
from ticktalk.page.page import proofs
from ticktalk.proof.subject import VoiceSubject
from ticktalk.runtime_sim import examples
from ticktalk.runtime_sim.errors import LanguageError
from ticktalk.runtime_sim.reading import OURS, unspoken
from ticktalk.runtime_sim.speech import utterances
from ticktalk.runtime_sim.text.bundled import frontend, pack_names


@pytest.mark.parametrize("pack", pack_names())
def test_each_pack_has_examples_that_it_can_read(pack):
    found, voice = examples.examples_of(talker(pack)), talker(pack)
    for text in (found.short, found.greeting, *found.sentences):
        assert list(utterances(voice, text)) and not (pack != "en-us-small" and unspoken(voice, text, OURS + pack))
    assert (frontend(pack).pack.tests / examples.FILE).is_file() and len(set(found.sentences)) >= 10


def test_a_voice_speaks_its_own_language_by_default():
    spanish, english = (VoiceSubject(talker(pack)).text for pack in ("es", "en-us-small"))
    assert (spanish, english) == (b"Son las siete y media.", b"It is seven thirty.")
    bare = talker("es")
    phonemes = {key: value for key, value in bare.manifest["phonemes"].items() if key != "packs"}
    bare = replace(bare, manifest=bare.manifest | {"phonemes": phonemes})  # read by another phonemizer
    assert examples.examples_of(bare) == examples.examples_of(talker())


def test_a_page_has_one_table_of_sums_for_each_language():
    one, other = ([{"text": text}] for text in ("Time.", "Hora."))
    tables = proofs([{"proof": one}, {"proof": other}, {"proof": one}])
    assert tables == [{"sentences": ("Time.",), "voices": [0, 2]}, {"sentences": ("Hora.",), "voices": [1]}]


@pytest.mark.parametrize(
    "text, problem",
    [
        ('greeting = "a"\nsentences = ["a"]', "key 'short' is None, but must be text"),
        ('short = "a"\ngreeting = " "\nsentences = ["a"]', "key 'greeting' is ' ', but must be text"),
        ('short = "a"\ngreeting = "a"\nsentences = [1]', "key 'sentences' is .1., but must be text"),
        ('short = "ñ"\ngreeting = "a"\nsentences = ["a"]', "key 'short' is 'ñ', but must be ASCII"),
    ],
)
def test_a_wrong_file_is_named(tmp_path, text, problem):
    (tmp_path / examples.FILE).write_text(text)
    with pytest.raises(LanguageError, match=f"{examples.FILE}: {problem}"):
        examples._read(tmp_path / examples.FILE)
