"""A voice with several speakers: the rows and pitches by their definition, and the checks of its folder."""

from dataclasses import replace

import numpy as np
import pytest

from tests.runtime_sim.test_voice_folder import edit, refused, replace_tables
from tests.support.paths import TINY
from tests.support.speakers import NAMES, PITCH, with_speakers, write_speakers
from ticktalk import speak_phonemes
from ticktalk.proof.subject import PROSODIES, VoiceSubject
from ticktalk.runtime_sim import speech
from ticktalk.runtime_sim.errors import ProsodyError
from ticktalk.runtime_sim.prosody import Prosody
from ticktalk.runtime_sim.simulator import Simulator
from ticktalk.runtime_sim.vocoder.synthesis import Vocoder
from ticktalk.runtime_sim.voice import load_voice

IDS = [0, 3, 5, 7, 9, 2, 1, 4, 8, 0]


@pytest.fixture(scope="module")
def voice():
    return with_speakers(load_voice(TINY))


@pytest.fixture
def folder(tmp_path):
    return write_speakers(tmp_path / "v")


def saturated(a, b):
    return max(-128, min(127, int(a) + int(b)))


@pytest.mark.parametrize("speaker", range(len(NAMES)))
def test_rows_are_the_saturated_sums_and_nothing_outside_the_utterance_changes(voice, speaker):
    tables, seen = voice.tables, {}

    class Recorder(Simulator):
        def run(self, inputs):
            seen.setdefault(id(self.graph), []).append(inputs[0][0, 0])
            return super().run(inputs)

    ends, heads = speech.Speaker(voice, Recorder).heads(IDS, speaker=speaker)
    rows = [
        [saturated(a, b) for a, b in zip(tables["embedding"][i], tables["speaker_embedding"][speaker])] for i in IDS
    ]
    first, context = seen[id(voice.graphs["phoneme"])][0], voice.manifest["graphs"]["phoneme"]["context"]
    graph = voice.graphs["phoneme"]
    assert (first[:context] == graph.tensors[graph.inputs[0]].zero_point).all()
    assert first[context:].tolist() == rows[: len(first) - context]
    hidden = speech.Speaker(voice).rows("phoneme", np.array(rows, np.int8))["hidden"]
    wanted = [
        [saturated(tables["hidden_to_frame"][int(q) + 128], o) for q, o in zip(h, tables["speaker_hidden"][speaker])]
        for h in hidden
    ]
    first, context = seen[id(voice.graphs["frame"])][0], voice.manifest["graphs"]["frame"]["context"]
    assert first[context, :-2].tolist() == wanted[0] and len(heads["pitch"]) == ends[-1]
    assert any(abs(int(a) + int(b)) > 128 for a in tables["embedding"].flat for b in tables["speaker_embedding"].flat)


def test_the_offset_moves_the_pitch_and_the_mean(voice):
    rng = np.random.default_rng(1)
    heads = {
        "pitch": rng.integers(-128, 128, (300, 2)).astype(np.int8),
        "voicing": np.full((300, 1), 127, np.int8),
    }
    index = heads["pitch"].astype(int).sum(1) + 256
    for speaker, offset in enumerate(PITCH):
        for expression in (0, 100, 256, 512):
            vocoder = Vocoder(
                voice.tables, 200, 800, 1, Prosody(expression=expression, speaker=speaker), mean_pitch=250
            )
            mean = 250 + offset
            wanted = np.clip(
                mean + (((index + offset - mean) * expression + 128) >> 8), 0, len(voice.tables["pitch"]) - 1
            )
            assert np.array_equal(vocoder.own_pitch(heads), voice.tables["pitch"][index + offset])
            shifted = np.clip(voice.tables["pitch"][wanted].astype(np.int64), 2**23, 2**28)
            assert np.array_equal(vocoder.pitch(heads), shifted)


def test_chunks_together_give_the_same_samples(voice):
    together, apart = speech.Speaker(voice), speech.Speaker(voice, lambda graph: Simulator(graph))
    ids = IDS * 5
    spoken = [together.speak(ids, prosody=Prosody(speaker=k)) for k in range(len(NAMES))]
    assert together._longer and not apart._longer
    for k, pcm in enumerate(spoken):
        assert np.array_equal(apart.speak(ids, prosody=Prosody(speaker=k)), pcm)
    assert len({pcm.tobytes() for pcm in spoken}) == len(NAMES)


def test_a_speaker_without_offsets_speaks_as_before(voice):
    none = {name: voice.tables[name].copy() for name in ("speaker_embedding", "speaker_hidden")}
    for table in none.values():
        table[0] = 0
    changed, plain = replace(voice, tables=voice.tables | none), speech.speak(load_voice(TINY), IDS)
    assert np.array_equal(speech.speak(changed, IDS), plain)
    assert not np.array_equal(speech.speak(changed, IDS, prosody=Prosody(speaker=1)), plain)


def test_a_speaker_is_chosen_by_name(voice):
    assert [voice.speaker(name) for name in (None, *NAMES)] == [0, 0, 1, 2]
    assert np.array_equal(
        speak_phonemes(voice, "hello", speaker="em"),
        speech.speak(voice, speech.ids_of(voice, "hello"), prosody=Prosody(speaker=2)),
    )
    for wrong in (lambda: voice.speaker("bob"), lambda: speech.speak(voice, IDS, prosody=Prosody(speaker=3))):
        with pytest.raises(
            ProsodyError, match=r"voice 'tiny' has no speaker ('bob'|3): choose heart, emma, em"
        ) as caught:
            wrong()
        assert caught.value.exit_code == 2
    with pytest.raises(ProsodyError, match="voice 'tiny' has no speaker 'heart': it has only one, who has no name"):
        load_voice(TINY).speaker("heart")
    for number in (-1, 16, 1.0, None):
        with pytest.raises(ProsodyError, match="speaker .*: must be an integer from 0 to 15"):
            Prosody(speaker=number)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 16])
def test_a_proof_covers_every_speaker_and_prosody(count):
    tiny = load_voice(TINY)
    subject = VoiceSubject(with_speakers(tiny, [f"s{k}" for k in range(count)]) if count else tiny, "ab.")
    spoken = [prosody for _, _, prosody in (*subject.parts, *subject.others)]
    assert {prosody.speaker for prosody in spoken} == set(range(max(1, count)))
    assert {prosody.rate for prosody in PROSODIES} <= {prosody.rate for prosody in spoken}
    assert len(subject.others) == max(3, count - 1)


# -- the folder ---------------------------------------------------------------------------------------------------
def test_a_good_folder(folder):
    voice = load_voice(folder)
    assert voice.speakers == NAMES and voice.tables["speaker_pitch"].tolist() == PITCH
    assert load_voice(TINY).speakers == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ('"heart"', "'heart', but must be a list of 1 to 16 names"),
        ("[]", "[], but must be a list of 1 to 16 names"),
        ("[1, 2, 3]", "[1, 2, 3], but must be a list"),
        ('["Heart", "emma", "em"]', "names of up to 32 lower-case letters, digits and hyphens"),
        ('["heart", "emma", "' + 33 * "a" + '"]', "names of up to 32"),
        (str([f"s{k}" for k in range(17)]), "must be a list of 1 to 16 names"),
        ('["heart", "emma", "heart"]', "contains 'heart' twice"),
        (str([f"{k:032}" for k in range(8)]), "has 263 characters; use at most 255"),
        (
            '["heart", "emma"]',
            "rows of speaker_embedding and names in the key 'speakers' must be equal, but are 3",
        ),
    ],
)
def test_names_that_are_wrong(folder, value, words):
    edit(folder, r"^speakers = .*", f"speakers = {value}")
    refused(folder, words)


def test_tables_without_the_key_are_refused(folder):
    edit(folder, r"^speakers = .*\n", "")
    refused(folder, "tables.npz", "table 'speaker_embedding' needs the key 'speakers'")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"speaker_embedding": None}, "table 'speaker_embedding' is missing"),
        ({"speaker_hidden": None}, "table 'speaker_hidden' is missing"),
        ({"speaker_pitch": None}, "table 'speaker_pitch' is missing"),
        ({"speaker_pitch": np.zeros(3, np.int32)}, "'speaker_pitch' is int32 [3], but must be int16 [n]"),
        ({"speaker_hidden": np.zeros(18, np.int8)}, "'speaker_hidden' is int8 [18], but must be int8 [n, n]"),
        ({"speaker_hidden": np.zeros((2, 6), np.int8)}, "rows of speaker_hidden"),
        ({"speaker_pitch": np.zeros(4, np.int16)}, "rows of speaker_pitch"),
        (
            {"speaker_embedding": np.zeros((3, 11), np.int8)},
            "of embedding must be equal, but are 11 and 12",
        ),
        (
            {"speaker_hidden": np.zeros((3, 7), np.int8)},
            "hidden channels must be equal, but are 7 and 6",
        ),
        ({"speaker_pitch": np.array([0, -1, 3], np.int16)}, "'speaker_pitch' contains -1"),
        ({"speaker_pitch": np.array([0, 91, 3], np.int16)}, "largest speaker_pitch must be equal, but are 601 and 602"),
        ({"pitch": np.zeros(511, np.uint32)}, "largest speaker_pitch must be equal, but are 511 and 601"),
    ],
)
def test_tables_that_do_not_fit(folder, changes, words):
    replace_tables(folder, **changes)
    refused(folder, words)
