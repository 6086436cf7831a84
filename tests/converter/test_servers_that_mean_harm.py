"""The responses of a hostile HTTP server are refused with a one-line error, in bounded time and memory."""

import gzip
import json
import re
import socket
import threading
import time
import tracemalloc

import pytest

from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.teachers import http, keys
from ticktalk.converter.teachers.catalogue import make_teacher, read_card
from ticktalk.converter.teachers.http import Client

pytest.importorskip("httpx", reason="pip install 'ticktalk[corpus]'")

SECRET = "sk-1234567890abcdef1234567890abcdef"
ENGINES = {"elevenlabs": "ELEVENLABS_API_KEY", "mistral": "MISTRAL_API_KEY", "openai": "TICKTALK_TTS_KEY"}


class Evil:
    """A server that reads a request and then runs `act(connection, request)`.

    `requests` holds the bytes of all requests received.
    """

    def __init__(self, act):
        self.requests, self._act = [], act
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                try:
                    request = b""
                    while b"\r\n\r\n" not in request:
                        request += connection.recv(65536)
                    self.requests.append(request)
                    self._act(connection, request)
                except OSError:
                    pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()


def answering(*pieces: bytes):
    """Return an `act` that sends these bytes."""
    return lambda connection, request: [connection.sendall(piece) for piece in pieces]


@pytest.fixture(autouse=True)
def keys_there(monkeypatch):
    monkeypatch.setattr(http, "FIRST_DELAY", 0.01)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv(keys.ALLOWED, raising=False)
    for variable in ENGINES.values():
        monkeypatch.setenv(variable, SECRET)


def teacher(tmp_path, engine: str, base_url: str):
    file = tmp_path / f"{engine}.toml"
    file.write_text(f'engine = "{engine}"\nvoice = "v"\nmodel = "m"\nbase_url = {json.dumps(base_url)}\n')
    return make_teacher(read_card(file))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "base_url",
    [
        "http://127.0.0.1:{port}/v1",
        "http://api.elevenlabs.io/v1",  # unencrypted
        "https://api.elevenlabs.io.example.org/v1",
        "https://api.mistral.ai@example.org/v1",
        "https://api.mistral.ai:8443/v1",
        "https://example.org/v1",
        "http://[::1]:9/v1",
    ],
)
def test_a_key_goes_to_its_own_service_alone(tmp_path, engine, base_url):
    with Evil(answering(b"HTTP/1.1 200 OK\r\n\r\n")) as server:
        with pytest.raises(DistillError) as caught:
            teacher(tmp_path, engine, base_url.format(port=server.url.rpartition(":")[2]))
        assert SECRET not in str(caught.value) and not server.requests
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_host_that_the_user_names_gets_it(tmp_path, engine, monkeypatch):
    with Evil(answering(b"HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\nno")) as server:
        with pytest.raises(DistillError, match=re.escape(f"set {keys.ALLOWED}={server.url}")):
            teacher(tmp_path, engine, server.url + "/v1")
        monkeypatch.setenv(keys.ALLOWED, f"example.org, {server.url}")
        with pytest.raises(DistillError, match="HTTP 400 no"):
            teacher(tmp_path, engine, server.url + "/v1").recordings("Hello.")
        assert SECRET.encode() in server.requests[0]
        monkeypatch.setenv(keys.ALLOWED, server.url.removeprefix("http://"))  # the default scheme is HTTPS
        with pytest.raises(DistillError, match=keys.ALLOWED):
            teacher(tmp_path, engine, server.url + "/v1")


@pytest.mark.parametrize("nobody", ["https://", "http://:8000"])
def test_an_address_without_a_host_is_no_server_that_may_have_the_key(tmp_path, monkeypatch, nobody):
    monkeypatch.setenv(keys.ALLOWED, nobody)
    with pytest.raises(DistillError, match=re.escape(f"{keys.ALLOWED}: '{nobody}' is not a server; specify HOST")):
        teacher(tmp_path, next(iter(ENGINES)), "http://127.0.0.1:1/v1")


def test_the_services_own_addresses_need_no_naming():
    for name in ENGINES:
        assert make_teacher(name).card.settings["base_url"].startswith("https://")


@pytest.mark.parametrize("value", ["a b", "ключ", "a\x00b", "a\x7fb"])
def test_a_key_that_cannot_be_one_is_not_shown(value, monkeypatch):
    monkeypatch.setattr(keys.os, "environ", keys.os.environ | {"MISTRAL_API_KEY": value})
    with pytest.raises(MissingToolError, match="MISTRAL_API_KEY") as caught:
        make_teacher("mistral")
    assert value not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(tmp_path, status, monkeypatch):
    with Evil(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as other:
        away = f"HTTP/1.1 {status} Away\r\nLocation: {other.url}/v1\r\nContent-Length: 0\r\n\r\n".encode()
        with Evil(answering(away)) as server:
            monkeypatch.setenv(keys.ALLOWED, f"{server.url} {other.url}")
            with pytest.raises(DistillError, match=f"HTTP {status}.*not followed"):
                teacher(tmp_path, "elevenlabs", server.url).recordings("Hello.")
            assert len(server.requests) == 1 and not other.requests


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["application/json", "text/html", "audio/wav"])
@pytest.mark.parametrize("status", [200, 400, 503])
def test_a_server_that_repeats_the_request_does_not_show_the_key(tmp_path, engine, kind, status, monkeypatch):
    def echo(connection, request):
        said = request + request
        connection.sendall(
            f"HTTP/1.1 {status} {SECRET}\r\nContent-Type: {kind}\r\nContent-Length: {len(said)}\r\n\r\n".encode() + said
        )

    with Evil(echo) as server:
        monkeypatch.setenv(keys.ALLOWED, server.url)
        monkeypatch.setattr(http, "ATTEMPTS", 2)
        speaker = teacher(tmp_path, engine, server.url)
        try:
            speaker.recordings("Hello.")
        except DistillError as error:
            assert SECRET not in str(error) and SECRET[:12] not in str(error)
        else:  # this teacher requests raw samples, so any bytes are valid
            assert (engine, kind, status) == ("elevenlabs", "audio/wav", 200)
        assert all(SECRET.encode() in request for request in server.requests) and server.requests


def asked(server, **headers) -> Exception:
    """Send a request to the server and return the error."""
    with pytest.raises(DistillError) as caught:
        Client("test").post(server.url, {})
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500
    return caught.value


def endless(connection, request):
    """Respond with 10 GB."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: 10000000000\r\n\r\n")
    for _ in range(10_000):
        connection.sendall(bytes(1 << 20))


def chunks(connection, request):
    """Respond with 10 GB in chunks, without a Content-Length header."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(10_000):
        connection.sendall(b"100000\r\n" + bytes(1 << 20) + b"\r\n")


def bomb(connection, request):
    """Respond with 1 GB that gzip has compressed to 1 MB."""
    packed = gzip.compress(bytes(1 << 30), 1) if not hasattr(bomb, "packed") else bomb.packed
    bomb.packed = packed
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Encoding: gzip\r\n"
        + f"Content-Length: {len(packed)}\r\n\r\n".encode()
        + packed
    )


@pytest.mark.parametrize("act", [endless, chunks, bomb])
def test_an_answer_that_is_too_long_is_refused_while_it_comes(act, monkeypatch):
    monkeypatch.setattr(http, "BYTES", 8 << 20)
    with Evil(act) as server:
        if act is bomb:
            bomb.packed = gzip.compress(bytes(256 << 20), 1)
        tracemalloc.start()
        try:
            assert "exceeds 8 MB" in str(asked(server))
            assert tracemalloc.get_traced_memory()[1] < 64 << 20
        finally:
            tracemalloc.stop()


def dribbling(prefix: bytes, byte: bytes):
    def act(connection, request):
        connection.sendall(prefix)
        while True:
            connection.sendall(byte)
            time.sleep(0.05)

    return act


@pytest.mark.parametrize(
    "act",
    [
        dribbling(b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: 1000000\r\n\r\n", b"x"),
        dribbling(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        dribbling(b"", b"H"),
        dribbling(b"HTTP/1.1 500 Oh\r\nContent-Length: 1000000\r\n\r\n", b"x"),
        lambda connection, request: time.sleep(20),
    ],
    ids=["body", "headers", "status line", "complaint", "silence"],
)
def test_an_answer_that_takes_too_long_is_given_up(act, monkeypatch):
    monkeypatch.setattr(http, "SECONDS", 0.7)
    with Evil(act) as server:
        started = time.monotonic()
        error = str(asked(server))
        assert "longer than 0.7 s" in error or "RemoteProtocolError" in error  # not HTTP without a status line
        assert time.monotonic() - started < 5


def test_a_packed_answer_is_unpacked_and_an_unknown_packing_refused():
    packed = gzip.compress(b"sound")
    head = b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n"
    with Evil(answering(head % (b"gzip", len(packed)) + packed)) as server:
        assert Client("test").post(server.url, {}) == (b"sound", "audio/wav")
    with Evil(answering(head % (b"br", 5) + b"sound")) as server:
        assert "compressed the response as 'br'" in str(asked(server))
    with Evil(answering(head % (b"gzip", 5) + b"sound")) as server:
        assert "6 times" in str(asked(server))


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"audio_data": ' + b"[" * 100_000, b"9" * 100_000, b"null", b'{"audio_data": 7}', b"\xff"],
)
def test_json_of_any_kind_is_one_line(tmp_path, body, monkeypatch):
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with Evil(answering(head.encode() + body)) as server:
        monkeypatch.setenv(keys.ALLOWED, server.url)
        with pytest.raises(DistillError, match="audio_data"):
            teacher(tmp_path, "mistral", server.url).recordings("Hello.")


@pytest.mark.parametrize("wait", ["nan", "inf", "-5", "1e400", "Fri, 31 Dec 9999 23:59:59 -9999", "()", ""])
def test_a_server_that_asks_to_wait_for_nonsense(wait, monkeypatch):
    monkeypatch.setattr(http, "ATTEMPTS", 2)
    answer = f"HTTP/1.1 429 Slow\r\nRetry-After: {wait}\r\nContent-Length: 0\r\n\r\n".encode()
    with Evil(answering(answer)) as server:
        assert "HTTP 429" in str(asked(server))
