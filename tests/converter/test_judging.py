"""Test distances from the teacher, confidence intervals, the compared systems and the HTML page.

The inputs are real speech and synthetic speech with known differences.
"""

import base64
import importlib.util
import io
import os
import re
import shutil
import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.support.paths import TINY
from tests.support.speech_server import SpeechServer
from ticktalk.bundled import voice_folder
from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.judging.comparison import bill, speakers_of, teacher_of
from ticktalk.converter.judging.distance import (
    HOP,
    cepstra,
    duration_errors,
    energy_errors,
    pitch_pairs,
    tracked,
    warped,
)
from ticktalk.converter.judging.evaluate import Evaluation, System, evaluate, listen
from ticktalk.converter.judging.measures import MEASURES, Score, estimate
from ticktalk.converter.judging.speakers import JudgedSpeech, VoiceSpeaker
from ticktalk.runtime_sim.errors import TextError
from ticktalk.runtime_sim.speech import speak_text
from ticktalk.runtime_sim.voice import load_voice
from ticktalk.system.installing import pip_install

librosa = pytest.importorskip("librosa", reason="pip install 'ticktalk[evaluate]'")
soundfile = pytest.importorskip("soundfile", reason="pip install 'ticktalk[evaluate]'")
RATE = 16000
BY_KEY = {measure.key: measure for measure in MEASURES}
SENTENCE = "It is seven thirty."


@pytest.fixture(scope="module")
def heart():
    return VoiceSpeaker(load_voice(voice_folder("heart")))


def noise(seconds=1.0, seed=1):
    """Return white noise with the loudness variations of speech."""
    at = np.arange(int(seconds * RATE)) / RATE
    return (np.random.default_rng(seed).normal(0, 0.1, len(at)) * (0.6 + 0.4 * np.sin(20 * at))).astype(np.float32)


def harmonic(f0, seconds=1.0, rate=RATE):
    at = np.arange(int(seconds * rate)) / rate
    return (0.1 * sum(np.sin(2 * np.pi * f0 * k * at) / k for k in range(1, 12))).astype(np.float32)


def distortion(one, other):
    return warped(cepstra(one), cepstra(other))[0]


# Spectrum


def test_distortion_does_not_hear_the_volume_or_the_rate():
    speech = JudgedSpeech(noise(), RATE)
    assert distortion(speech, speech) == 0
    assert distortion(speech, replace(speech, audio=speech.audio * 0.25)) < 1e-4
    # Resampling to 48 kHz does not change the content below 8 kHz.
    import soxr

    assert distortion(speech, JudgedSpeech(soxr.resample(speech.audio, RATE, 48000), 48000)) < 0.6


def test_distortion_is_the_difference_of_smooth_spectra_in_decibels():
    from scipy.fft import dct
    from scipy.signal import lfilter

    one = noise(2.0)
    taps = np.array([1.0, -0.7])
    found = distortion(JudgedSpeech(one, RATE), JudgedSpeech(lfilter(taps, 1, one).astype(np.float32), RATE))
    # The expected result is the filter's response in the mel bands, without its mean and without detail beyond 13
    # coefficients.
    bands = librosa.filters.mel(sr=RATE, n_fft=512, n_mels=40)
    power = np.abs(np.fft.rfft(taps, 512)) ** 2
    response = dct(10 * np.log10((bands @ power) / bands.sum(1)), norm="ortho")[1:14]
    assert found == pytest.approx(np.linalg.norm(response) / np.sqrt(40), rel=0.1)


def test_warping_finds_the_way():
    one = np.random.default_rng(0).normal(size=(50, 4))
    twice = np.repeat(one, 2, axis=0)
    distance, path = warped(one, twice)
    assert distance == pytest.approx(0, abs=1e-6) and (path[:, 1] // 2 == path[:, 0]).all()
    assert tuple(path[0]) == (0, 0) and tuple(path[-1]) == (49, 99)


# Prosody


def sung(durations, cents=0.0, voiced=None, frame=0.0125, ids=(0, 5, 6, 0)):
    """Return speech in which the pitch of each phoneme has its own slope, so only the correct alignment matches."""
    durations = np.asarray(durations, float)
    ends = np.concatenate([[0], np.cumsum(durations)])
    at = (np.arange(round(ends[-1] / frame)) + 0.5) * frame
    place = np.interp(at, ends, np.arange(len(ends)))
    log_f0 = np.log(180) + 0.2 * np.sin(2 * place) + cents / 1200 * np.log(2)
    return JudgedSpeech(
        np.zeros(round(ends[-1] * RATE), np.float32),
        RATE,
        np.asarray(ids),
        durations,
        log_f0,
        np.ones(len(at), bool) if voiced is None else voiced(place),
        frame,
    )


def test_pitch_is_compared_phoneme_by_phoneme():
    one, other = sung([0.1, 0.3, 0.2, 0.1]), sung([0.2, 0.25, 0.5, 0.1], cents=100, frame=0.005)
    pairs = pitch_pairs(one, other, np.zeros((1, 2), int))  # the path is not used
    assert len(pairs) == len(one.log_f0)
    score = [scored("", pitch=pairs)]
    assert BY_KEY["f0_rmse"].of(score) == pytest.approx(100, abs=6)
    assert BY_KEY["f0_correlation"].of(score) > 0.995
    flat = np.stack([pairs[:, 0], np.full(len(pairs), 5.0)], 1)
    assert BY_KEY["f0_correlation"].of([scored("", pitch=flat)]) is None


def test_pitch_counts_where_both_have_a_voice():
    one = sung([0.2, 0.2, 0.2, 0.2], voiced=lambda place: place < 2.99)
    other = sung([0.4, 0.2, 0.2, 0.2], voiced=lambda place: place > 1.01)
    assert len(pitch_pairs(one, other, None)) == pytest.approx(2 * 0.2 / 0.0125, abs=1)


def test_pitch_that_nobody_tells_is_tracked():
    one = JudgedSpeech(harmonic(150), RATE)
    other = JudgedSpeech(harmonic(150 * 2 ** (1 / 12), 1.5, 22050), 22050)
    _, path = warped(cepstra(one), cepstra(other))
    assert path[-1][0] * HOP / RATE == pytest.approx(1.0, abs=0.01)
    pairs = pitch_pairs(one, other, path)
    assert len(pairs) > 50 and BY_KEY["f0_rmse"].of([scored("", pitch=pairs)]) == pytest.approx(100, abs=12)


def test_energy():
    whole = noise(2.0)
    at = np.arange(len(whole)) / RATE
    one, other = JudgedSpeech(whole, RATE), JudgedSpeech(whole * np.where(at < 1, 0.5, 0.25).astype(np.float32), RATE)
    straight = np.repeat(np.arange(401)[:, None], 2, axis=1)
    # The halves differ by 6 dB, so each is 3 dB from the mean.
    assert BY_KEY["energy_rmse"].of([scored("", energy=energy_errors(one, other, straight))]) == pytest.approx(
        3.01, abs=0.05
    )
    assert np.abs(energy_errors(one, replace(one, audio=whole / 3), straight)).max() < 1e-3
    # The first phoneme takes twice as long, and both systems report its duration.
    slow = JudgedSpeech(np.concatenate([whole[:RATE], whole]), RATE, np.array([1, 2]), np.array([2.0, 1.0]))
    steady = JudgedSpeech(whole, RATE, np.array([1, 2]), np.array([1.0, 1.0]))
    assert np.abs(energy_errors(steady, slow, straight)[200:]).std() < 0.05


def test_durations():
    one, other = sung([0.1, 0.3, 0.2, 0.1]), sung([0.1, 0.25, 0.225, 0.2])
    errors = duration_errors(one, other)
    assert errors == pytest.approx([0, 50, 25, 100])
    score = [scored("", durations=errors)]
    assert (BY_KEY["duration_error"].of(score), BY_KEY["duration_error_mean"].of(score)) == (37.5, 43.75)
    assert duration_errors(one, sung([0.1, 0.3, 0.2, 0.1], ids=(0, 5, 7, 0))) is None
    assert duration_errors(one, JudgedSpeech(noise(), RATE)) is None


def test_a_voice_says_what_the_watch_says_and_tells_what_it_meant(heart):
    text = "Well done! You walked nine hundred steps before lunch."
    speech = heart.say(text)
    pcm = np.concatenate(list(speak_text(load_voice(voice_folder("heart")), text)))
    assert np.array_equal(speech.audio * 32768, pcm)
    assert (
        speech.durations.sum() == pytest.approx(speech.seconds) and len(speech.log_f0) == speech.seconds / speech.frame
    )
    log_f0, frame = tracked(speech)
    heard = replace(speech, log_f0=log_f0, voiced=np.isfinite(log_f0), frame=frame)
    pairs = pitch_pairs(speech, heard, None)
    difference = pairs[:, 0] - pairs[:, 1]
    assert len(pairs) > 100 and abs(np.median(difference)) < 0.02
    assert np.median(np.abs(difference)) < 0.04  # in log frequency, where a semitone is 0.058
    with pytest.raises(TextError, match="voice heart cannot pronounce anything in the sentence '_'"):
        heart.say("_")


def test_a_voice_is_near_its_teacher(heart):
    pytest.importorskip("onnx", reason="pip install 'ticktalk[corpus]'")
    teacher, why = teacher_of(heart, [SENTENCE])
    assert teacher.name == "teacher hibari:heart" and not why
    own, theirs = heart.say(SENTENCE), teacher.say(SENTENCE)
    same, path = warped(cepstra(own), cepstra(theirs))
    assert np.median(duration_errors(own, theirs)) < 30
    assert BY_KEY["f0_correlation"].of([scored("", pitch=pitch_pairs(own, theirs, path))]) > 0.7
    assert same < distortion(own, teacher.say("Turn left after the bridge."))


# Scores of all sentences together


def scored(sentence, errors=0, words=10, distillmos=4.0, **more):
    return Score(sentence, f"{sentence} <heard> & so on", errors, words, errors, 5 * words, distillmos, 3.5, **more)


def test_errors_are_shared_by_all_words():
    scores = [scored("one", 1, 2), scored("two", 0, 8)]
    assert BY_KEY["wer"].of(scores) == 10 and BY_KEY["cer"].of(scores) == 2
    assert BY_KEY["mcd"].of(scores) is None and estimate(BY_KEY["mcd"], scores) is None


def test_intervals():
    values = np.random.default_rng(3).normal(4, 0.5, 64)
    scores = [scored("", distillmos=value) for value in values]
    found = estimate(BY_KEY["distillmos"], scores)
    error = values.std() / 8  # standard error of the mean of 64 values
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.25 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.25 * error)
    assert found == estimate(BY_KEY["distillmos"], scores)
    one = estimate(BY_KEY["wer"], [scored("", 1)])
    assert (one.low, one.value, one.high) == (10, 10, 10)


# Selection of systems


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


# HTML page


class Page(HTMLParser):
    """Collect the tags and texts of an HTML page."""

    def __init__(self, text):
        super().__init__()
        self.found, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture
def evaluation(heart):
    """Return an evaluation of real speech with invented scores. The second system is also the first one's teacher."""
    sentences = ["Stay.", "Run <b>& jump</b>.", "Stop."]
    other = VoiceSpeaker(load_voice(TINY))
    for speaker in (heart, other):
        for sentence in sentences:
            speaker.say(sentence)
    numbers = [(0, 4.0), (3, 4.4), (0, 2.0)]
    first = [scored(text, errors, distillmos=mos, mcd=2.0) for text, (errors, mos) in zip(sentences, numbers)]
    return Evaluation(
        sentences,
        [System(heart, first, other), System(other, [scored(text) for text in sentences], None)],
        {"openai": "there is no key"},
    )


def test_the_page(evaluation, tmp_path):
    pytest.importorskip("matplotlib")
    from ticktalk.converter.judging.page import write_page

    file = tmp_path / "page.html"
    write_page(evaluation, file, "heart & others")
    assert os.listdir(tmp_path) == ["page.html"]
    text = file.read_text()
    page = Page(text)
    # The page loads no external resources, and the worst sentence comes first.
    assert not re.search(r"""(src|href)=["'](?!data:)|url\(|@import""", text)
    headings = re.findall("<h2>(.*)</h2>", text)
    assert headings == ["Run &lt;b&gt;&amp; jump&lt;/b&gt;.", "Stop.", "Stay."]
    assert not page.all("b") and "heart & others" in page.texts
    # There is a player and a picture for each sentence and system, in the page's order. The players contain the audio
    # that was scored.
    players, pictures = page.all("audio"), page.all("img")
    assert len(players) == len(pictures) == 6
    speakers = [system.speaker for system in evaluation.systems]
    for number, (player, picture) in enumerate(zip(players, pictures)):
        speech = speakers[number % 2].said[["Run <b>& jump</b>.", "Stop.", "Stay."][number // 2]]
        samples, rate = soundfile.read(io.BytesIO(base64.b64decode(player["src"].partition(",")[2])), dtype="int16")
        assert rate == speech.rate and np.array_equal(samples, (speech.audio * 32768).astype(np.int16))
        assert base64.b64decode(picture["src"].partition(",")[2])[8:12] == b"WEBP"
    assert len({picture["src"] for picture in pictures}) == 6
    # The page shows scores with their intervals, misheard words, and the systems that were not evaluated.
    assert "10.00\n" in text and "[0.00, 30.00]" in text and "heard: Run &lt;b&gt;" in text
    assert "openai was not evaluated: there is no key" in text


def test_a_teacher_is_seen_beside_without_being_scored(evaluation, tmp_path):
    from ticktalk.converter.judging.page import write_page

    evaluation.systems.pop()
    write_page(evaluation, tmp_path / "page.html", "alone")
    page = Page((tmp_path / "page.html").read_text())
    assert len(page.all("audio")) == 6 and len(page.all("article")) == 3
    assert [row["data-wer"] for row in page.all("article")] == ["30.0", "0.0", "0.0"]


def test_as_json(evaluation):
    found = evaluation.as_dict()
    first, second = found["systems"]
    assert first["measures"]["wer"] == {"value": 10.0, "low": 0.0, "high": 30.0, "unit": "%"}
    assert [each["sentence"] for each in first["sentences"]] == ["Run <b>& jump</b>.", "Stop.", "Stay."]
    assert (first["teacher"], second["teacher"]) == ("tiny", None) and "mcd" not in second["measures"]
    means = evaluation.systems[0].means
    assert means["sentences"] == 3 and means["seconds"] > 1 and means["real_time_factor"] > 0


def test_as_a_table(evaluation, capsys):
    from ticktalk.commands.support.evaluation_table import tables

    tables(evaluation)
    shown = capsys.readouterr().out
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines() if line.startswith("│")]
    assert [row[0] for row in rows] == ["heart", "", "tiny", ""]
    assert rows[0][1] == "10.00" and rows[1][1] == "0.00 to 30.00" and rows[0][-1] == "2.00" and rows[2][-1] == "-"
    assert "said   Run <b>& jump</b>.\nheard  Run" in shown and "said   Stay." not in shown


# Commands


def refused(code, words, *arguments):
    """Run a command in this process, where everything is already imported, and check that it is refused."""
    from ticktalk.cli import app

    done = CliRunner().invoke(app, list(map(str, arguments)))
    assert done.exit_code == code and not done.stdout, done.output
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: ") and all(word in last for word in words), last


def test_what_is_wrong_is_said_before_anybody_listens(tmp_path, monkeypatch):
    (tmp_path / "s.txt").write_text(f"{SENTENCE}\n")
    short = ["--voice", TINY, "--sentences", tmp_path / "s.txt"]
    refused(2, ["no/page.html"], "evaluate", *short, "--html", tmp_path / "no" / "page.html")
    refused(2, ["is a folder"], "evaluate", *short, "--html", tmp_path)
    refused(11, ["nothing.txt"], "evaluate", "--voice", TINY, "--sentences", tmp_path / "nothing.txt")
    refused(11, ["nobody"], "compare", *short, "--with", "nobody")
    refused(11, ["--with teacher", "tiny does not name a teacher"], "compare", *short, "--with", "teacher")
    monkeypatch.setenv("PATH", "")
    refused(10, ["apt install flite"], "compare", *short, "--with", "flite")
    paid = tmp_path / "paid.toml"
    paid.write_text(
        'engine = "openai"\nvoice = "v"\nmodel = "m"\nbase_url = "http://127.0.0.1:9/v1"\n[price]\n'
        'usd_per_million_characters = 10.0\nsource = "a list"\n'
    )
    pytest.importorskip("httpx", reason="pip install 'ticktalk[corpus]'")
    refused(11, ["paid.toml", "USD", "--yes"], "compare", *short, "--with", paid)
    assert sorted(os.listdir(tmp_path)) == ["paid.toml", "s.txt"]


def test_a_missing_package_leaves_no_page(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    refused(
        10,
        ["faster_whisper", pip_install("evaluate")],
        "evaluate",
        "--voice",
        TINY,
        "--html",
        tmp_path / "page.html",
    )
    assert not os.listdir(tmp_path)


def test_real_ears(heart, tmp_path):
    """Score two systems on one sentence with the real models."""
    if not all(map(importlib.util.find_spec, ("faster_whisper", "distillmos", "speechmos", "onnx"))):
        pytest.skip("pip install 'ticktalk[evaluate]'")
    from ticktalk.converter.judging.scores import Judge

    judge, teacher = Judge(), teacher_of(heart, [SENTENCE])[0]
    found = evaluate([heart, teacher], [SENTENCE], {heart.teacher: teacher}, judge)
    own, theirs = found.systems
    assert own.teacher is teacher and theirs.teacher is None
    assert all(own.estimates[key] for key in BY_KEY if key != "similarity") and not theirs.estimates["mcd"]
    assert own.means["wer"] <= 25 and theirs.means["wer"] <= 25
    assert theirs.means["distillmos"] > own.means["distillmos"] - 0.3 > 2.5
    hiss = listen(judge, SENTENCE, JudgedSpeech(noise(2.0), RATE), None)
    assert hiss.errors >= 3 and hiss.distillmos < own.means["distillmos"] - 1


# -- loudness -----------------------------------------------------------------------------------------------------
def test_the_loudness_of_a_tone_is_that_of_the_standard():
    """A full-scale 997 Hz sine in one channel has a loudness of -3.01 LUFS (ITU-R BS.1770-4)."""
    pytest.importorskip("pyloudnorm")
    from ticktalk.converter.judging.loudness import loudness, sound_of

    tone = np.sin(2 * np.pi * 997 * np.arange(48000) / 16000).astype(np.float32)
    assert loudness(tone, 16000) == pytest.approx(-3.01, abs=0.1)
    assert loudness(tone / 10, 16000) == pytest.approx(-23.01, abs=0.1)
    assert sound_of(-23.9) == {"lufs": -23.9} and sound_of(-29.02) == {"lufs": -29.02, "gain": 512}
