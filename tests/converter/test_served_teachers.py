"""Test HTTP teachers against a local server that fails the way real servers do."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.support.front import assert_refused, ticktalk
from tests.support.paths import ROOT
from tests.support.sentences import SENTENCES
from tests.support.speech_server import SpeechServer
from ticktalk.converter.corpora.recordings import load_recordings, prepare, record
from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.teachers import http
from ticktalk.converter.teachers.catalogue import find_card

pytest.importorskip("httpx", reason="pip install 'ticktalk[corpus]'")
pytest.importorskip("soxr", reason="pip install 'ticktalk[corpus]'")
pytest.importorskip("hibari", reason="pip install 'ticktalk[corpus]'")


@pytest.fixture
def server(monkeypatch):
    with SpeechServer() as running:
        monkeypatch.setenv("TICKTALK_KEY_HOST", running.url)
        yield running


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(http, "FIRST_DELAY", 0.01)
    for key in ("TICKTALK_TTS_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setenv("MISTRAL_API_KEY", "mistral")
    monkeypatch.setenv("ELEVENLABS_API_KEY", "eleven")


@pytest.fixture
def card(server, tmp_path):
    """Return a function that writes a teacher's .toml file for the server and returns its path."""

    def write(engine="openai", price=10.0, **more):
        settings = (
            {
                "engine": engine,
                "voice": "someone",
                "base_url": server.url,
                "model": "tts-of-mine",
                "licence": "CC-BY-NC-4.0",
                "terms": "https://example.org/terms",
                "commercial": False,
            }
            | ({"sample_rate": 24000} if engine == "openai" else {})
            | more
        )
        lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
        if price is not None:
            lines += ["[price]", f"usd_per_million_characters = {price}", 'source = "a list of ours"']
        path = tmp_path / f"{engine}.toml"
        path.write_text("\n".join(lines))
        return str(path)

    return write


def recorded(spec, out, sentences=SENTENCES):
    record(prepare(spec, out), sentences, "a test", out, workers=1)
    return load_recordings(out)


def same(one, other):
    return one.texts == other.texts and all(np.array_equal(a, b) for a, b in zip(one.audio, other.audio))


@pytest.mark.parametrize("engine", ["openai", "elevenlabs", "mistral"])
def test_what_a_server_says_becomes_a_corpus(server, card, tmp_path, engine):
    corpus = recorded(card(engine), tmp_path / "c")
    assert corpus.texts == SENTENCES and server.answered == SENTENCES
    for text, audio, phonemes in zip(corpus.texts, corpus.audio, corpus.phonemes):
        assert (
            abs(len(audio) / 16000 - (0.3 + 0.07 * len(text))) < 0.01 and 6000 < np.abs(audio.astype(int)).max() < 14000
        )
        assert (phonemes[:, 1] == -1).all() and len(phonemes) > len(text) / 2
    assert corpus.about["teacher"] == {
        "name": engine,
        "voice": "someone",
        "version": "tts-of-mine",
        "licence": "CC-BY-NC-4.0",
        "terms": "https://example.org/terms",
        "commercial": False,
    }


def test_the_requests_are_those_of_the_two_interfaces(server, card, tmp_path, monkeypatch):
    monkeypatch.setenv("TICKTALK_TTS_KEY", "mine")
    for engine in ("openai", "elevenlabs", "mistral"):
        recorded(card(engine), tmp_path / engine, SENTENCES[:1])
    (path, headers, body, _), (path_11, headers_11, body_11, _), (path_m, headers_m, body_m, _) = server.requests
    assert path == "/v1/audio/speech" and headers["Authorization"] == "Bearer mine"
    assert body == {"model": "tts-of-mine", "voice": "someone", "input": SENTENCES[0], "response_format": "wav"}
    assert path_11 == "/v1/text-to-speech/someone?output_format=pcm_16000" and headers_11["xi-api-key"] == "eleven"
    assert body_11["text"] == SENTENCES[0] and body_11["model_id"] == "tts-of-mine"
    assert path_m == "/v1/audio/speech" and headers_m["Authorization"] == "Bearer mistral"
    assert body_m == {"model": "tts-of-mine", "voice_id": "someone", "input": SENTENCES[0], "response_format": "wav"}


def test_a_key_for_one_server_is_not_shown_to_another(server, card, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "theirs")
    recorded(card(), tmp_path / "c", SENTENCES[:1])
    assert "Authorization" not in server.requests[0][1] and "theirs" not in str(server.requests)


def test_without_a_key_nothing_is_asked(monkeypatch, tmp_path):
    monkeypatch.delenv("ELEVENLABS_API_KEY")
    monkeypatch.delenv("MISTRAL_API_KEY")
    for name in ("openai", "elevenlabs", "mistral"):
        with pytest.raises(MissingToolError, match="_API_KEY"):
            prepare(name, tmp_path)


@pytest.mark.parametrize("engine", ["openai", "elevenlabs", "mistral"])
def test_passing_faults_change_nothing(server, card, tmp_path, engine):
    good = recorded(card(engine), tmp_path / "good")
    server.requests.clear()
    server.faults = ["429", "500", "", "dropped", "reset", "503", "dropped", "", "wait 0", "429"]
    assert same(recorded(card(engine), tmp_path / "bad"), good)
    assert len(server.requests) == len(SENTENCES) + 8


def test_a_streamed_wav_with_a_made_up_length_is_read(server, card, tmp_path):
    server.faults = ["streamed"] * len(SENTENCES)
    streamed = recorded(card(), tmp_path / "streamed")
    assert same(streamed, recorded(card(), tmp_path / "plain"))


def test_a_server_that_says_when_is_waited_for(server, card, tmp_path):
    server.faults = ["wait 1"]
    recorded(card(), tmp_path / "c", SENTENCES[:1])
    first, second = (at for *_, at in server.requests)
    assert second - first >= 1


def test_a_server_that_asks_for_too_long_is_not(server, card, tmp_path):
    server.faults = ["wait 86400"]
    started = time.monotonic()
    with pytest.raises(DistillError, match="86400 s"):
        recorded(card(), tmp_path / "c")
    assert len(server.requests) == 1 and time.monotonic() - started < 60


def test_a_server_that_never_works_is_given_up(server, card, tmp_path):
    server.faults = ["500"] * 100
    with pytest.raises(DistillError, match=r"openai: http.*HTTP 500.*as you asked.*6 times"):
        recorded(card(), tmp_path / "c")
    assert len(server.requests) == http.ATTEMPTS


def test_a_server_that_is_not_there(card, tmp_path):
    with pytest.raises(DistillError, match=r"127\.0\.0\.1:1/.*ConnectError"):
        recorded(card(base_url="http://127.0.0.1:1/v1"), tmp_path / "c")


@pytest.mark.parametrize(
    ("engine", "fault", "words"),
    [
        ("openai", "400", "HTTP 400"),
        ("openai", "401", "key"),
        ("openai", "truncated", "truncated"),
        ("openai", "type", "text/html"),
        ("openai", "mp3", "not a WAV"),
        ("openai", "rate", "48000 Hz"),
        ("openai", "silence", "silence"),
        ("elevenlabs", "truncated", "truncated"),
        ("elevenlabs", "silence", "silence"),
        ("mistral", "json", "audio_data"),
        ("mistral", "type", "text/html"),
    ],
)
def test_a_bad_answer_is_named_and_not_kept(server, card, tmp_path, engine, fault, words):
    server.faults = ["", fault]
    with pytest.raises(DistillError) as caught:
        recorded(card(engine), tmp_path / "c")
    assert words in str(caught.value) and engine in str(caught.value) and "\n" not in str(caught.value)
    if not fault.isdigit():
        assert SENTENCES[1] in str(caught.value)
    # Only valid responses are cached, so the next run requests only the missing ones.
    server.requests.clear()
    kept = len(server.answered)
    recorded(card(engine), tmp_path / "c")
    assert len(server.requests) == len(SENTENCES) - kept and sorted(server.answered) == sorted(SENTENCES)


def test_nothing_is_paid_for_twice(server, card, tmp_path):
    spec = card()
    teacher = prepare(spec, tmp_path / "c")
    letters = sum(map(len, SENTENCES))
    assert f"{len(SENTENCES)} sentences, {letters} characters" in teacher.to_pay(
        SENTENCES
    ) and "a list of ours" in teacher.to_pay(SENTENCES)
    server.faults = ["", "", "", "400"]
    with pytest.raises(DistillError):
        recorded(spec, tmp_path / "c")
    assert teacher.to_pay(SENTENCES).startswith("3 sentences")
    recorded(spec, tmp_path / "c")
    assert teacher.to_pay(SENTENCES) is None and len(server.requests) == len(SENTENCES) + 1
    # A lost shard is rebuilt from the cached responses.
    (tmp_path / "c" / "0000" / "index.json").unlink()
    recorded(spec, tmp_path / "c")
    assert len(server.requests) == len(SENTENCES) + 1


def test_prices(card, tmp_path):
    said = {
        price: prepare(card(price=price), tmp_path / "c").to_pay(["x" * 1000] * 1000) for price in (None, 0.0, 15.0)
    }
    assert said[0.0] is None and "price" in said[None] and "about 15.00 USD" in said[15.0]


def test_the_command_asks_before_it_pays(server, card, tmp_path):
    (tmp_path / "text.txt").write_text("\n".join(SENTENCES))
    arguments = ["corpus", "--teacher", card(), "--corpus", tmp_path / "text.txt", "-o", tmp_path / "c"]
    refused = ticktalk(*arguments, cache=tmp_path)
    assert_refused(refused, 11, "openai", "characters", "USD", "a list of ours", "--yes")
    assert not server.requests and not (tmp_path / "c").exists()
    done = ticktalk(*arguments, "--yes", "--json", "--workers", 2, cache=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["utterances"] == len(SENTENCES) and told["teacher"]["commercial"] is False and "USD" in done.stderr
    assert load_recordings(tmp_path / "c").about["text"].startswith("text.txt, SHA-256 ")
    # All responses are now cached, so nothing is requested or paid for.
    again = ticktalk(*arguments, cache=tmp_path)
    assert again.returncode == 0 and len(server.requests) == len(SENTENCES) and "commercial use: NO" in again.stdout


def test_a_run_that_is_killed_goes_on(server, card, tmp_path):
    good = recorded(card(), tmp_path / "good")
    (tmp_path / "text.txt").write_text("\n".join(SENTENCES))
    command = [
        sys.executable,
        "-m",
        "ticktalk",
        "corpus",
        "--teacher",
        card(),
        "--corpus",
        tmp_path / "text.txt",
        "-o",
        tmp_path / "c",
        "--workers",
        "1",
        "--yes",
    ]
    server.forget()
    server.pause = 0.2
    running = subprocess.Popen(list(map(str, command)), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(server.answered) < 3 and running.poll() is None:
        time.sleep(0.02)
    running.kill()
    assert running.wait() == -signal.SIGKILL and not (tmp_path / "c" / "0000").exists()
    server.pause = 0.0
    assert same(recorded(card(), tmp_path / "c"), good)
    assert len(server.answered) <= len(SENTENCES) + 1  # one request may still have been in flight


def test_a_disk_that_is_full(server, card, tmp_path):
    """Every write to /dev/full fails, as if the disk were full."""
    spec = card()
    teacher = prepare(spec, tmp_path / "c")
    file = teacher._file(SENTENCES[0])
    file.parent.mkdir(parents=True)
    file.symlink_to("/dev/full")
    with pytest.raises(DistillError, match=f"{file.name}: cannot be written: No space left"):
        recorded(spec, tmp_path / "c")
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    file.unlink()
    assert recorded(spec, tmp_path / "c").texts == SENTENCES


def test_the_bundled_ones_are_for_real_servers():
    assert find_card("openai").settings["base_url"] == "https://api.openai.com/v1" and find_card("openai").price
    assert (
        find_card("elevenlabs").settings["base_url"] == "https://api.elevenlabs.io/v1" and find_card("elevenlabs").price
    )
    assert find_card("voxtral").commercial is False and find_card("voxtral:neutral_female").voice == "neutral_female"
