"""Test marks of emphasis: their ids, and what they do to durations, pitch and volume."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from tests.support.emphatic import emphatic
from tests.support.paths import TINY
from tests.support.vocoders import OUTPUTS, PITCH_OFFSET, random_heads
from ticktalk.runtime_sim.emphasis import LEVELS, NAMES
from ticktalk.runtime_sim.errors import VoiceError
from ticktalk.runtime_sim.speech import Speaker, ids_of, speak
from ticktalk.runtime_sim.vocoder import tables as vocoder_tables
from ticktalk.runtime_sim.vocoder.rise import PACE, RISES, approached, factors, scaled
from ticktalk.runtime_sim.vocoder.synthesis import Vocoder
from ticktalk.runtime_sim.voice import load_voice

REDUCED, MODERATE, STRONG = (NAMES[name] for name in ("reduced", "moderate", "strong"))


@pytest.fixture(scope="module")
def voice():
    return emphatic()


def test_marks_follow_the_embedding_and_read_as_stress(voice):
    rows = len(voice.tables["embedding"])
    assert [voice.symbols[mark] for mark in LEVELS] == [rows, rows + 1, rows + 2]
    assert voice.marks == dict(zip(range(rows, rows + 3), LEVELS.values()))
    assert np.array_equal(voice.embedding[:rows], voice.tables["embedding"])
    assert all(np.array_equal(voice.embedding[rows + k], voice.embedding[voice.symbols["ˈ"]]) for k in range(3))
    with pytest.raises(VoiceError, match=f"below {rows + 3}"):
        speak(voice, [0, rows + 3, 0])


def test_a_voice_without_stress_has_no_marks():
    voice = load_voice(TINY)
    assert voice.symbols == voice.manifest["phonemes"]["symbols"] and not voice.marks
    assert np.array_equal(voice.embedding, voice.tables["embedding"])
    assert ids_of(voice, f"a{STRONG}b") == ids_of(voice, "ab")


@pytest.mark.parametrize("rows, room", [(253, True), (254, False), (300, False)])
def test_marks_are_plain_stress_if_no_id_is_left(voice, rows, room):
    table = np.resize(voice.tables["embedding"], (rows, voice.tables["embedding"].shape[1]))
    full = replace(voice, tables=voice.tables | {"embedding": table})
    assert len(full.marks) == 3 * room and len(full.embedding) == min(rows + 3 * room, 256)
    assert (ids_of(full, f"a{STRONG}b") == ids_of(full, "aˈb")) != room


@pytest.mark.parametrize("mark", LEVELS)
def test_a_voice_whose_phoneme_looks_like_a_mark_keeps_it(mark):
    voice = emphatic(symbol=mark, stress=1)
    voice = emphatic(voice)
    assert not voice.marks and np.array_equal(voice.embedding, voice.tables["embedding"])
    assert {m: voice.symbols[m] for m in LEVELS} == dict.fromkeys(LEVELS, voice.symbols["ˈ"]) | {mark: 1}
    speak(voice, ids_of(voice, "".join(LEVELS)))


@pytest.mark.parametrize("rate", [128, 256, 391])
def test_a_word_is_emphasised_to_its_end(voice, rate):
    """Only the phonemes from the mark to the space change: by the level's factor, and as the level's pitch says."""
    speaker, rise = Speaker(voice), []
    said = f"ab {STRONG}md ef{MODERATE}k{REDUCED}h i"
    plain, ids = ids_of(voice, said.translate(dict.fromkeys(map(ord, LEVELS), "ˈ"))), ids_of(voice, said)
    rows = speaker.rows("phoneme", voice.embedding[ids])
    for role, values in speaker.rows("phoneme", voice.embedding[plain]).items():
        assert np.array_equal(rows[role], values)
    wanted, total = [], 0
    levels = [None] * 4 + [STRONG] * 3 + [None] * 3 + [MODERATE] * 2 + [REDUCED] * 2 + [None] * 3
    for q, mark in zip(rows["duration"][:, 0].tolist(), levels, strict=True):
        length = int(voice.tables["duration"][q + 128])
        length = int(Fraction(length * LEVELS[mark].length, 256) + Fraction(1, 2)) if mark else length
        total += max(length, -(-rate // 4))
        wanted.append(int(Fraction(4 * total, rate) + Fraction(1, 2)))
        rise += [LEVELS[mark].rise if mark else 0] * (wanted[-1] - len(rise))
    ends, heads = speaker.heads(ids, rate=rate)
    assert ends.tolist() == wanted and heads["rise"][:, 0].tolist() == rise
    assert "rise" not in speaker.heads(plain, rate=rate)[1]


def test_pitch_and_volume_approach_the_level():
    rises = np.array([0, 14, 14, 14, -6, -6, 1, 0, 0])
    assert approached(rises).tolist() == [0, 2, 4, 6, 4, 2, 1, 0, 0] and PACE == 2
    np.testing.assert_allclose(factors() / 2**15, 2 ** (np.arange(RISES[0], RISES[1] + 1) / 48), rtol=2**-16)
    values = np.arange(-70000, 70000)
    assert np.array_equal(scaled(values, np.zeros(len(values), int)), values)


@pytest.mark.parametrize("name, semitones", [("reduced", -1.5), ("moderate", 2), ("strong", 3.5)])
def test_the_pitch_moves_by_semitones_and_the_volume_with_it(name, semitones):
    tables = vocoder_tables.tables_of_voice(OUTPUTS, pitch_offset=PITCH_OFFSET)
    heads = random_heads(np.random.default_rng(3), 60, {"harmonic": 401, "rotation": 401, "noise": 401})
    heads["pitch"][:], heads["voicing"][:], heads["rise"][:] = 20, 127, LEVELS[NAMES[name]].rise
    vocoder = Vocoder(tables, 200, 800)
    plain = {role: head for role, head in heads.items() if role != "rise"}
    moved = vocoder.pitch(heads)[20:] / vocoder.pitch(plain)[20:]
    np.testing.assert_allclose(moved, 2 ** (semitones / 12), rtol=1e-4)
    heads["voicing"][:] = plain["voicing"][:] = -128  # noise alone, whose shape does not depend on the pitch
    louder, normal = (vocoder.frames(each)[4000:].astype(float) for each in (heads, plain))
    np.testing.assert_allclose(louder.std() / normal.std(), 4 ** (semitones / 12), rtol=0.02)
