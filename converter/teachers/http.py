"""Send POST requests, retrying responses 429 and 5xx and broken connections with exponential backoff.

The client limits the size and the duration of each response.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import weakref
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.teachers.keys import Key
from ticktalk.system.installing import pip_install

if TYPE_CHECKING:
    import httpx

ATTEMPTS = 6
FIRST_DELAY = 1.0  # seconds; doubles after every attempt
LONGEST_DELAY = 300.0  # seconds; gives up if a server requests a longer delay
TIMEOUT = 120.0  # seconds without receiving a byte, enough for a long sentence on a slow server
SECONDS = 300.0  # per response, from the request to the last byte
BYTES = 64 << 20  # per response after decompression, enough for ten minutes of speech
COMPLAINT = 4096  # maximum number of bytes read from an error response


class OverBudget(Exception):
    """The response is too large or takes too long."""


class Client:
    """A client for one server.

    Every error message names the teacher, `name`. Every request includes `key` if the server is allowed to receive it.
    """

    def __init__(self, name: str, key: Key | None = None):
        try:
            import httpx
        except ImportError:
            raise MissingToolError(f"teacher {name} requires the package httpx: {pip_install('corpus')}") from None
        self._name, self._httpx, self._key, self._stream = name, httpx, key, None
        self._client = httpx.Client(
            headers={"Accept-Encoding": "identity"},
            timeout=httpx.Timeout(TIMEOUT, connect=10.0),
            follow_redirects=False,  # no other server may receive the key or the text
        )
        weakref.finalize(self, self._client.close)  # connections that are kept open for the next request

    def check(self, url: str) -> None:
        """Raise DistillError if the server at `url` is not allowed to receive the key."""
        self._request(url, {})

    def redacted(self, text: str) -> str:
        """Return `text`, which the server sent, with the key removed."""
        return self._key.redacted(text) if self._key else text

    def post(self, url: str, body: dict) -> tuple[bytes, str]:
        """Return the body and the content type of the response.

        A body that is shorter than its declared length counts as a broken connection. On failure, raises DistillError,
        naming the server and the problem.
        """
        request = self._request(url, body)
        for attempt in range(1, ATTEMPTS + 1):
            delay = FIRST_DELAY * 2 ** (attempt - 1)
            try:
                status, headers, data = self._answer(request)
            except OverBudget as error:
                raise DistillError(f"teacher {self._name}: {url}: {error}") from None
            except (self._httpx.TransportError, zlib.error) as error:
                trouble = self.redacted(f"{type(error).__name__} {error}".strip())
            else:
                if 200 <= status < 300:
                    return data, headers.get("content-type", "").partition(";")[0].strip().lower()
                said = self.redacted(data.decode(errors="replace"))
                trouble = f"HTTP {status} {' '.join(said.split())[:200]}".strip()
                if 300 <= status < 400:
                    trouble += "; redirects are not followed, so update base_url"
                if status != 429 and status < 500:
                    raise DistillError(f"teacher {self._name}: {url}: {trouble}{_hint(status)}")
                delay = max(delay, _retry_after(headers.get("retry-after", "")))
            if attempt == ATTEMPTS or delay > LONGEST_DELAY:
                asked = f" (the server requested a delay of {delay:.0f} s)" if delay > LONGEST_DELAY else ""
                raise DistillError(
                    f"teacher {self._name}: {url}: {trouble}, tried {attempt} times{asked}; "
                    "run the command again later to resume"
                )
            time.sleep(delay)
        raise AssertionError("the last attempt always returns or raises")

    def _request(self, url: str, body: dict) -> httpx.Request:
        """Build a request, including the key if the server that httpx will connect to is allowed to receive it."""
        try:
            request = self._client.build_request("POST", url, json=body, extensions={"trace": self._trace})
        except (self._httpx.InvalidURL, ValueError) as error:
            raise DistillError(f"teacher {self._name}: {url}: {error}") from None
        if request.url.scheme not in ("http", "https") or not request.url.host:
            raise DistillError(f"teacher {self._name}: {url}: not an http:// or https:// address")
        request.extensions["timeout"] = self._client.timeout.as_dict()
        if self._key:
            self._key.check(self._name, request.url.scheme, request.url.host, request.url.port)
            request.headers.update(self._key.headers)
        return request

    def _answer(self, request: httpx.Request) -> tuple[int, Mapping[str, str], bytes]:
        """Return the status, headers and body. Raises OverBudget or httpx.TransportError."""
        with self._deadline():
            answer = self._client.send(request, stream=True)
            try:
                good = answer.is_success
                data = bytearray()
                for piece in _unpacked(answer):
                    data += piece
                    if len(data) > (BYTES if good else COMPLAINT):
                        if not good:
                            break
                        raise OverBudget(f"the response exceeds {BYTES >> 20} MB; is this a speech server?")
                return answer.status_code, answer.headers, bytes(data)
            finally:
                answer.close()

    @contextmanager
    def _deadline(self) -> Iterator[None]:
        """Raise OverBudget after SECONDS.

        The socket is shut down, which interrupts even a read that receives one byte at a time, including in the
        headers.
        """
        over = threading.Event()

        def end() -> None:
            over.set()
            if self._stream is not None and (line := self._stream.get_extra_info("socket")) is not None:
                try:
                    with socket.socket(fileno=os.dup(line.fileno())) as same:
                        same.shutdown(socket.SHUT_RDWR)
                except OSError:  # already closed
                    pass

        timer = threading.Timer(SECONDS, end)
        timer.daemon = True
        timer.start()
        late = f"the response took longer than {SECONDS:g} s"
        try:
            yield
        except Exception as error:  # any error that httpx raises for a closed socket
            if over.is_set():
                raise OverBudget(late) from None
            raise error
        finally:
            timer.cancel()
        if over.is_set():
            raise OverBudget(late)

    def _trace(self, event: str, info: dict) -> None:
        """Store this client's socket. httpcore calls this method for each event."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._stream = info["return_value"]


def _unpacked(answer: httpx.Response) -> Iterator[bytes]:
    """Yield the body in chunks.

    If the server compresses the body with gzip or deflate despite the request header, the body is decompressed, up to
    one byte beyond the size limit.
    """
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    if coding in ("identity", ""):
        yield from answer.iter_raw()
    elif coding in ("gzip", "x-gzip", "deflate"):
        unpacker, room = zlib.decompressobj(wbits=47), BYTES + 1
        for packed in answer.iter_raw():
            piece = unpacker.decompress(packed, room)
            room = max(1, room - len(piece))
            yield piece
    else:
        raise OverBudget(f"the server compressed the response as {coding[:40]!r} despite the request header")


def _retry_after(value: str) -> float:
    """Return the delay in a Retry-After header in seconds, or 0 if there is none."""
    try:
        return float(value)
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError, TypeError, IndexError):
        return 0.0


def _hint(status: int) -> str:
    return "; check the key in the environment" if status in (401, 403) else ""
