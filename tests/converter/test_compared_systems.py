"""Test which systems are compared: voices, their teachers, and systems that have to be paid or lack a file."""

import shutil

import pytest

from tests.support.judged import SENTENCE
from tests.support.paths import TINY
from tests.support.speech_server import SpeechServer
from ticktalk.bundled import voice_folder
from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.judging.comparison import bill, speakers_of, teacher_of
from ticktalk.converter.judging.speakers import VoiceSpeaker
from ticktalk.runtime_sim.voice import load_voice

pytest.importorskip("hibari", reason="pip install 'ticktalk[corpus]'")


@pytest.fixture(scope="module")
def heart():
    return VoiceSpeaker(load_voice(voice_folder("heart")))


def test_who_is_meant(monkeypatch, tmp_path):
    if shutil.which("flite"):
        assert [speaker.name for speaker in speakers_of("flite")[0]] == ["flite:slt", "flite:kal16"]
    for key in ("OPENAI_API_KEY", "TICKTALK_TTS_KEY", "ELEVENLABS_API_KEY", "MISTRAL_API_KEY"):
        monkeypatch.delenv(key, raising=False)
    assert speakers_of("openai") == ([], "teacher openai: no key; set OPENAI_API_KEY in the environment")
    assert "ELEVENLABS_API_KEY" in speakers_of("elevenlabs")[1] and "MISTRAL_API_KEY" in speakers_of("mistral")[1]
    with pytest.raises(DistillError, match="no teacher 'nobody'"):
        speakers_of("nobody")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="apt install flite"):
        speakers_of("flite")


def test_a_teacher_is_not_paid_without_being_asked(heart, monkeypatch):
    pytest.importorskip("httpx", reason="pip install 'ticktalk[corpus]'")
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    monkeypatch.setenv("XDG_CACHE_HOME", "/nowhere")
    monkeypatch.setattr(heart, "teacher", ("openai", "alloy"))
    none, why = teacher_of(heart, [SENTENCE])
    assert none is None and "openai:alloy is not free (1 sentences, 19 characters" in why
    teacher, _ = teacher_of(heart, [SENTENCE], free=False)
    assert "USD" in bill([heart, teacher], [SENTENCE])[teacher.name] and len(bill([heart, teacher], [SENTENCE])) == 1
    monkeypatch.setattr(heart, "teacher", ("someone's own", ""))
    assert 'no teacher "someone\'s own"' in teacher_of(heart, [SENTENCE])[1]
    assert "does not name a teacher" in teacher_of(VoiceSpeaker(load_voice(TINY)), [SENTENCE])[1]


def test_a_teacher_that_needs_a_missing_file_is_skipped_unless_asked_for(heart, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # which lacks the file with Kokoro's styles
    monkeypatch.setattr(heart, "teacher", ("kokoro", "af_heart"))
    none, why = teacher_of(heart, [SENTENCE])
    assert none is None and "npm pack kokoro-js" in why
    with pytest.raises(MissingToolError, match="npm pack kokoro-js"):
        teacher_of(heart, [SENTENCE], free=False)


def test_a_voice_speaks_with_another_front_end_but_is_not_compared_with_its_teacher(heart):
    text = "Shall I read the message?"
    watch = VoiceSpeaker(load_voice(voice_folder("heart")), "ticktalk:en-us")
    assert watch.name == "heart (ticktalk:en-us)" and watch.say(text).ids.tolist() != heart.say(text).ids.tolist()
    assert "uses a different front end than its teacher" in teacher_of(watch, [text])[1]
    assert VoiceSpeaker(load_voice(voice_folder("heart")), "hibari").as_trained


def test_a_served_system_is_asked_once(monkeypatch, tmp_path):
    pytest.importorskip("httpx", reason="pip install 'ticktalk[corpus]'")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with SpeechServer() as server:
        card = tmp_path / "mine.toml"
        card.write_text(f'engine = "openai"\nvoice = "v"\nmodel = "m"\nbase_url = "{server.url}"\n')
        for _ in range(2):
            (speaker,), why = speakers_of(str(card))
            assert speaker.say(SENTENCE).rate == 24000 and not why
        assert (
            server.answered == [SENTENCE] and not bill([speaker], [SENTENCE]) and bill([speaker], [SENTENCE, "More."])
        )
