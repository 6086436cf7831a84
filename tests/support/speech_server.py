"""A local speech server with the APIs of OpenAI, Mistral and ElevenLabs, which can inject faults."""

import base64
import json
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

RATE = 24000


def wav(samples: np.ndarray, rate: int = RATE, size: int | None = None) -> bytes:
    """Return float samples as a 16-bit WAV file.

    If `size` is given, the header states this number of bytes as the size of the samples.
    """
    data = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    size = len(data) if size is None else size
    return (
        b"RIFF"
        + struct.pack("<I", min(size + 36, 2**32 - 1))
        + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, 1, rate, rate * 2, 2, 16)
        + b"data"
        + struct.pack("<I", size)
        + data
    )


def speech(text: str, rate: int = RATE) -> np.ndarray:
    """Return audio of plausible length and level whose pitch depends on the text."""
    at = np.arange(int(rate * (0.3 + 0.07 * len(text)))) / rate
    return 0.3 * np.sin(2 * np.pi * (100 + len(text)) * at) * (0.6 + 0.4 * np.sin(15 * at))


class SpeechServer:
    """A server that responds after `pause` seconds and injects `faults`, one per request, in order.

    See `_answer` for the possible faults. `requests` holds (path, headers, body, time) of all requests.
    """

    def __init__(self):
        self.faults: list[str] = []
        self.pause = 0.0
        self.requests, self._answered, self.lock = [], [], threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                server._answer(self)

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self):
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._http.shutdown()
        self._http.server_close()

    def _answer(self, handler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        with self.lock:
            self.requests.append((handler.path, dict(handler.headers), body, time.monotonic()))
            fault = self.faults.pop(0) if self.faults else ""
        time.sleep(self.pause)
        openai = handler.path == "/v1/audio/speech"
        text = body["input"] if openai else body["text"]
        if fault.isdigit():  # "429", "503" or "400"
            return self._send(handler, int(fault), "application/json", b'{"error": {"message": "as you asked"}}')
        if fault.startswith("wait "):
            return self._send(handler, 429, "application/json", b"{}", {"Retry-After": fault.removeprefix("wait ")})
        if fault == "reset":  # close the connection without a response
            handler.close_connection = True
            return None
        samples = np.zeros(RATE) if fault == "silence" else speech(text, 24000 if openai else 16000)
        data = wav(samples) if openai else (samples * 32767).astype("<i2").tobytes()
        if fault == "streamed":
            data = wav(samples, size=0xFFFFFFFF)
        if fault == "truncated":  # truncate the file, but not the HTTP body
            data = data[: len(data) // 2 | 1]
        if fault == "rate":
            data = wav(samples, 48000)
        kind = {"type": "text/html", "mp3": "audio/mpeg"}.get(fault, "audio/wav" if openai else "audio/pcm")
        data = {"type": b"<html>hello</html>", "mp3": b"ID3\x04" + bytes(500)}.get(fault, data)
        if "voice_id" in body and fault != "type":  # a request in Mistral's format
            kind, data = "application/json", json.dumps({"audio_data": base64.b64encode(data).decode()}).encode()
        if fault == "json":
            data = b'{"audio_data": "no base64"}'
        if fault == "dropped":  # close the connection in the middle of the body
            self._send(handler, 200, kind, data[: len(data) // 2], {"Content-Length": str(len(data))})
            handler.close_connection = True
            return None
        with self.lock:  # a client that has its answer finds it in `answered`
            self._send(handler, 200, kind, data)
            if not fault or fault == "streamed":
                self._answered.append(text)
        return None

    @property
    def answered(self) -> list[str]:
        """The sentences whose audio was sent completely, up to now."""
        with self.lock:
            return list(self._answered)

    def forget(self) -> None:
        """Empty the list of `answered` sentences."""
        with self.lock:
            self._answered.clear()

    @staticmethod
    def _send(handler, status: int, kind: str, data: bytes, headers: dict | None = None) -> None:
        handler.send_response(status)
        for name, value in ({"Content-Type": kind, "Content-Length": str(len(data))} | (headers or {})).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)
