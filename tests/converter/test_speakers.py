"""Test voices with several speakers: the teachers, training, export and what other voices start from."""

import multiprocessing
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec

os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np
import pytest

from tests.support import two_speakers
from ticktalk.bundled import voice_folder
from ticktalk.converter.distill import distill
from ticktalk.converter.errors import DistillError
from ticktalk.converter.export.by_ear import heard_of
from ticktalk.converter.export.voice_folder import ledger_of
from ticktalk.converter.lessons import (
    Lesson,
    check_teachers,
    check_together,
    lessons_of,
    name_of,
    named,
    named_teachers,
)
from ticktalk.converter.storage.shards import Features, together
from ticktalk.converter.teachers.catalogue import find_card
from ticktalk.converter.teachers.teacher import Teacher
from ticktalk.runtime_sim.errors import VoiceError
from ticktalk.runtime_sim.licence import check_licence, ledger
from ticktalk.runtime_sim.voice import load_voice

SENTENCES = ["It is seven thirty.", "Turn left here.", "Battery low.", "Well done!"]
trains = pytest.mark.skipif(
    not (find_spec("keras") and find_spec("hibari") and find_spec("tensorflow")),
    reason="pip install 'ticktalk[convert]'",
)
speaks = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="apt install espeak-ng")


@pytest.fixture(scope="module")
def running():
    """Return a function that runs a function of tests/support/two_speakers.py in a process shared by these tests."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield lambda function, *values, **arguments: pool.submit(function, *values, **arguments).result()


@trains
def test_the_watch_adds_the_vectors_that_were_trained(running, tmp_path):
    """Each stage of the simulator equals that of the student, also where the sum is outside the range of int8."""
    same = running(two_speakers.exported, tmp_path / "two")
    assert all(same.values()), same
    voice = load_voice(tmp_path / "two")
    assert (
        voice.speakers == ["low", "high"] and voice.tables["speaker_pitch"][0] == 0 < voice.tables["speaker_pitch"][1]
    )
    apart = running(two_speakers.started, tmp_path / "two")
    assert apart["other"] == [0, 0] and max(apart["high"] + apart["single"]) < 1e-5


@trains
def test_a_decoder_is_taken_from_another_voice(running, tmp_path):
    new, same = running(two_speakers.started_with_a_decoder)
    assert new == [] and all(same.values()), same
    with pytest.raises(DistillError, match="--decoder-from: also specify --from"):
        distill("hibari", out=tmp_path / "v", decoder=load_voice(voice_folder("dora")))


@trains
@speaks
@pytest.mark.skipif(not find_spec("pyloudnorm"), reason="pip install 'ticktalk[evaluate]'")
def test_one_voice_is_distilled_from_two_teachers(running, tmp_path):
    told = running(two_speakers.taught, tmp_path, SENTENCES)
    assert sum(line.count("4 of 4 sentences by espeak-ng") for line in told) == 2
    assert sum(line.startswith("recordings: 4 utterances") for line in told) == 2
    assert any("agree between TFLite Micro and the simulator" in line for line in told)
    voice = load_voice(tmp_path / "both")
    assert voice.speakers == ["en-us-m3", "high"] and voice.manifest["training"]["sentences"] == 8
    assert voice.manifest["teachers"]["high"]["voice"] == "en-us+f3"
    assert voice.tables["speaker_pitch"].tolist()[0] == 0 < voice.tables["speaker_pitch"][1]
    # Of the other vector, so few steps learn less than a step of the int8 grid.
    assert (voice.tables["speaker_embedding"][0] != voice.tables["speaker_embedding"][1]).any()
    resumed = running(two_speakers.taught, tmp_path, SENTENCES, resume=True)
    assert not any(line.startswith("float: epoch") for line in resumed)
    assert load_voice(tmp_path / "both").hash == voice.hash


@trains
def test_a_speaker_alone_is_the_same_as_among_others(running):
    apart = running(two_speakers.parted)
    assert len(apart) > 5 and max(apart.values()) < 1e-4, apart


@trains
@speaks
@pytest.mark.skipif(not find_spec("pyloudnorm"), reason="pip install 'ticktalk[evaluate]'")
def test_speakers_beside_are_learned_from_and_left_out(running, tmp_path):
    told = running(two_speakers.taught, tmp_path, SENTENCES, beside=True)
    assert sum(line.startswith("recordings: 4 utterances") for line in told) == 2
    voice = load_voice(tmp_path / "both")
    assert not voice.speakers and voice.manifest["training"]["sentences"] == 4
    assert voice.manifest["teacher"]["voice"] == "en-us+m3"
    assert voice.manifest["teacher"]["beside"] == "espeak-ng en-us+f3 (GPL-3.0-or-later (the program))"
    running(two_speakers.taught, tmp_path, SENTENCES, beside=True, resume=True)
    assert load_voice(tmp_path / "both").hash == voice.hash


@pytest.mark.parametrize(
    ("own", "others", "allowed"),
    [
        (True, [True], True),
        (True, [True, False], False),
        (None, [False], False),
        (None, [True], None),
        (True, [None], None),
    ],
)
def test_the_ledger_has_the_teachers_beside(own, others, allowed, tmp_path):
    beside = tuple({"name": "kokoro", "voice": "a", "licence": "MIT", "commercial": each} for each in others)
    facts = Lesson("", "", teacher(commercial=own), [], "text", tmp_path, beside).facts
    assert facts.get("commercial") is allowed and facts["beside"].startswith("kokoro a (MIT)")


def teacher(**facts) -> Teacher:
    """Return a teacher without an engine."""
    made = Teacher(find_card("espeak-ng"))
    for name, fact in facts.items():
        setattr(made, name, fact)
    return made


def test_names():
    assert named("emma=kokoro:bf_emma") == ("emma", "kokoro:bf_emma") and named("my/a=b.toml") == ("", "my/a=b.toml")
    voices = ["af_heart", "am_michael+am_adam", "en-us+f3", "../My Voice", ""]
    assert [name_of(teacher(voice=voice)) for voice in voices] == [
        "heart",
        "michael-am-adam",
        "en-us-f3",
        "my-voice",
        "espeak-ng",
    ]


@speaks
@pytest.mark.parametrize(
    ("specs", "match"),
    [
        (["espeak-ng"] * 17, "17 teachers, but a voice has at most 16 speakers"),
        (["espeak-ng", "nobody"], "no teacher 'nobody'"),
        (["espeak-ng", "espeak-ng"], "two speakers are named 'en-us'; .*NAME=espeak-ng"),
        (["a=espeak-ng", "b=espeak-ng:en-us", "a=espeak-ng:en-us+f3"], "two speakers are named 'a'"),
    ],
)
def test_teachers_that_cannot_share_a_voice(specs, match, tmp_path):
    with pytest.raises(DistillError, match=match):
        check_teachers(specs)
        lessons_of(specs, None, 3, tmp_path, False, print)


@speaks
@pytest.mark.parametrize("line", ['language = "es"', 'language = "en-us"\nphonemizer = "espeak-ng"'])
def test_speakers_of_another_language_or_phonemizer(line, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.wav").write_bytes(b"")
    (tmp_path / "other" / "metadata.csv").write_text("a|Hola.\n")
    (tmp_path / "other.toml").write_text(f'engine = "folder"\nvoice = "{tmp_path / "other"}"\n{line}\n')
    with pytest.raises(DistillError, match="'en-us' and 'other' differ in (language|phonemizer).*train two voices"):
        lessons_of(["espeak-ng", str(tmp_path / "other.toml")], None, 3, tmp_path, False, print)


def test_speakers_whose_names_are_too_long_together(tmp_path, monkeypatch):
    monkeypatch.setattr("ticktalk.converter.lessons.make_teacher", lambda spec: teacher())
    specs = [f"{'a' * 30}{chr(97 + n)}=espeak-ng" for n in range(8)]
    check_together(named_teachers(specs[:7]))
    with pytest.raises(DistillError, match="names have 257 characters, but at most 255 fit"):
        check_together(named_teachers([*specs, "b=espeak-ng"]))


@pytest.mark.parametrize(
    ("specs", "match"),
    [
        (["anna=espeak-ng"], "anna=espeak-ng: a voice with one speaker has no name for it; specify espeak-ng"),
        (["Anna=espeak-ng", "b=espeak-ng"], "'Anna' is not a speaker's name; use up to 32 lower-case letters"),
    ],
)
def test_a_speaker_s_name_that_cannot_be(specs, match):
    with pytest.raises(DistillError, match=match):
        check_teachers(specs)


def test_speakers_take_turns():
    parts = [
        Features([np.array([speaker, n]) for n in range(count)], *([np.zeros(1)] * count for _ in range(3)))
        for speaker, count in enumerate((3, 1))
    ]
    both = together(parts)
    assert [p.tolist() for p in both.phonemes] == [[0, 0], [1, 0], [0, 1], [0, 2]] and both.speakers == [0, 1, 0, 0]
    kept, held_out = together([parts[0], parts[0]]).held_out(3)
    assert [p.tolist() for p in held_out.phonemes] == [[0, 2]] * 2 and held_out.speakers == [0, 1]
    assert kept.speakers == [0, 1] * 2 and len(kept.sounds) == 4
    lessons = [Lesson(name, "", teacher(), [name + str(n) for n in range(20)], "", None) for name in "abc"]
    assert heard_of(lessons)[:4] == [(0, "a0"), (1, "b1"), (2, "c2"), (0, "a3")]
    assert [len([1 for who, _ in heard_of(lessons) if who == speaker]) for speaker in range(3)] == [7, 7, 6]
    assert len(heard_of(lessons[:1])) == 16


def test_the_ledger_has_every_teacher(tmp_path):
    free, other = ({"name": n, "licence": n, "text": "x", "commercial": True} for n in ("one", "two\x00parts"))
    told = ledger_of(tmp_path / "v", {"a": free, "b": other})
    assert told["teacher"] == {"name": "one; two�parts", "licence": "one; two�parts", "text": "x", "commercial": True}
    assert told["teachers"] == {
        "a": free,
        "b": {"name": "two�parts", "licence": "two�parts", "text": "x", "commercial": True},
    }
    assert ledger(told, "voice.toml") == told["teacher"] and check_licence(told, False) is None
    unknown = {key: fact for key, fact in free.items() if key != "commercial"}
    assert "commercial" not in ledger_of(tmp_path / "v", {"a": free, "b": unknown})["teacher"]
    forbidden = ledger_of(tmp_path / "v", {"a": unknown, "b": free | {"commercial": False}})
    assert forbidden["teacher"]["commercial"] is False
    assert "teachers" not in ledger_of(tmp_path / "v", {"": free})
    for wrong, match in (
        ([], "key 'teachers' is"),
        ({"a": 1}, "'teachers.a' is 1"),
        ({"a": {"licence": 1}}, "a.licence"),
    ):
        with pytest.raises(VoiceError, match=match):
            ledger(told | {"teachers": wrong}, "voice.toml")
