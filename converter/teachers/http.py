"""POST requests that are worth repeating: with back-off on 429, 5xx and broken connections, and never on anything
else. An answer may have so many bytes and take so many seconds, whatever the server does."""

from __future__ import annotations

import os
import socket
import threading
import time
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
FIRST_DELAY = 1.0  # seconds, doubled with every attempt
LONGEST_DELAY = 300.0  # a server that asks for more is not waited for
TIMEOUT = 120.0  # seconds without a byte: a long sentence on a slow server
SECONDS = 300.0  # of one answer, from the request to its last byte
BYTES = 64 << 20  # of one answer, unpacked: ten minutes of speech
COMPLAINT = 4096  # bytes of an answer that is none


class OverBudget(Exception):
    """The answer is too long, or takes too long."""


class Client:
    """One server. `name` begins every message; `key` goes with every request to a server that may have it."""

    def __init__(self, name: str, key: Key | None = None):
        try:
            import httpx
        except ImportError:
            raise MissingToolError(f"teacher {name} needs the package httpx: {pip_install('corpus')}") from None
        self._name, self._httpx, self._key, self._stream = name, httpx, key, None
        self._client = httpx.Client(
            headers={"Accept-Encoding": "identity"},
            timeout=httpx.Timeout(TIMEOUT, connect=10.0),
            follow_redirects=False,  # elsewhere neither the key nor the text has any business
        )

    def check(self, url: str) -> None:
        """DistillError if the server at `url` may not have the key."""
        self._request(url, {})

    def redacted(self, text: str) -> str:
        """A text of the server's without the key."""
        return self._key.redacted(text) if self._key else text

    def post(self, url: str, body: dict) -> tuple[bytes, str]:
        """Body and content type of the answer. A body that ends before its announced length counts as a broken
        connection. DistillError names the server and what is wrong with what it says."""
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
                    trouble += "; it redirects, which is not followed: give base_url as it is now"
                if status != 429 and status < 500:
                    raise DistillError(f"teacher {self._name}: {url}: {trouble}{_hint(status)}")
                delay = max(delay, _retry_after(headers.get("retry-after", "")))
            if attempt == ATTEMPTS or delay > LONGEST_DELAY:
                asked = f" (it asks to wait {delay:.0f} s)" if delay > LONGEST_DELAY else ""
                raise DistillError(
                    f"teacher {self._name}: {url}: {trouble}, {attempt} times{asked}; run again later, what has "
                    f"come is kept"
                )
            time.sleep(delay)
        raise AssertionError("the last attempt returns or raises")

    def _request(self, url: str, body: dict) -> httpx.Request:
        """With the key, after a look at where httpx itself would send it."""
        try:
            request = self._client.build_request("POST", url, json=body, extensions={"trace": self._trace})
        except (self._httpx.InvalidURL, ValueError) as error:
            raise DistillError(f"teacher {self._name}: {url}: {error}") from None
        if request.url.scheme not in ("http", "https") or not request.url.host:
            raise DistillError(f"teacher {self._name}: {url}: is no http:// or https:// address")
        request.extensions["timeout"] = self._client.timeout.as_dict()
        if self._key:
            self._key.check(self._name, request.url.scheme, request.url.host, request.url.port)
            request.headers.update(self._key.headers)
        return request

    def _answer(self, request: httpx.Request) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body; OverBudget, httpx.TransportError."""
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
                        raise OverBudget(f"the answer is longer than {BYTES >> 20} MB; is this a speech server?")
                return answer.status_code, answer.headers, bytes(data)
            finally:
                answer.close()

    @contextmanager
    def _deadline(self) -> Iterator[None]:
        """OverBudget after SECONDS. A read that goes on byte by byte, even within the headers, is ended by closing the
        line below it."""
        over = threading.Event()

        def end() -> None:
            over.set()
            if self._stream is not None and (line := self._stream.get_extra_info("socket")) is not None:
                try:
                    with socket.socket(fileno=os.dup(line.fileno())) as same:
                        same.shutdown(socket.SHUT_RDWR)
                except OSError:  # closed already
                    pass

        timer = threading.Timer(SECONDS, end)
        timer.daemon = True
        timer.start()
        late = f"the answer takes longer than {SECONDS:g} s"
        try:
            yield
        except Exception as error:  # whatever httpx makes of a line that is gone
            if over.is_set():
                raise OverBudget(late) from None
            raise error
        finally:
            timer.cancel()
        if over.is_set():
            raise OverBudget(late)

    def _trace(self, event: str, info: dict) -> None:
        """httpcore tells of each step: the line of this client is remembered."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._stream = info["return_value"]


def _unpacked(answer: httpx.Response) -> Iterator[bytes]:
    """The body piece by piece. A server may pack it though it was asked not to: as gzip or deflate, unpacked no further
    than one byte beyond the budget."""
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
        raise OverBudget(f"the answer is packed as {coding[:40]!r}, which it was asked not to be")


def _retry_after(value: str) -> float:
    """Seconds that a Retry-After header asks for; 0 if it says nothing."""
    try:
        return float(value)
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError, TypeError, IndexError):
        return 0.0


def _hint(status: int) -> str:
    return "; is the key in the environment right?" if status in (401, 403) else ""
