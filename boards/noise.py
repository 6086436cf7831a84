"""Bytes on a line that are part of no answer: prompts, logs, other programs' output. They are skipped,
counted and reported."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar
from weakref import WeakKeyDictionary

from ticktalk.boards.console import frames
from ticktalk.boards.line import Connection
from ticktalk.boards.ports import receive

QUIET = 0.1  # seconds of silence after which an apparently unfinished message may be just noise
SHOWN = 32  # how many of the first skipped bytes to show

Message = TypeVar("Message")


class MessageDecoder(Protocol[Message]):
    """Decodes messages that begin with their length. Noise that looks like a head can therefore seem to be a
    long message."""

    @property
    def pending(self) -> bool:
        """Whether a message seems to have begun that might be noise in front of a complete one."""

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that `data` completes."""

    def quiet(self) -> list[Message]:
        """Return complete messages within an apparently unfinished one. If there are none, keep waiting for
        it."""


def messages(port: Connection, decoder: MessageDecoder[Message], seconds: float) -> list[Message]:
    """Return the messages that the next bytes within `seconds` complete; an empty list also if the line was
    quiet for QUIET.

    Raises UnpluggedError.
    """
    data = receive(port, min(seconds, QUIET) if decoder.pending else seconds)
    return decoder.feed(data) if data else decoder.quiet()


class Noise:
    """The bytes that a line's clients skipped.

    A frame of the firmware's console does not count, whoever reads it: a banner often follows a boot loader's
    last answer.
    """

    def __init__(self) -> None:
        self._bytes, self._first = 0, b""
        self._console = frames.Decoder(self._count)

    def skip(self, data: bytes) -> None:
        """Count these bytes, in the order in which they came."""
        self._console.feed(data)

    def told(self) -> dict:
        """{"bytes": how many, "first": the first of them as printable ASCII}."""
        while self._console.quiet():
            pass
        self._console.end()
        return {"bytes": self._bytes, "first": repr(self._first)[2:-1]}

    def __str__(self) -> str:
        told = self.told()
        return f"{told['bytes']} bytes on the line were not part of any answer (first: '{told['first']}')"

    def __bool__(self) -> bool:
        return self.told()["bytes"] > 0

    def _count(self, data: bytes) -> None:
        self._bytes += len(data)
        self._first += data[: SHOWN - len(self._first)]


_noises: WeakKeyDictionary[Connection, Noise] = WeakKeyDictionary()


def noise_of(port: Connection) -> Noise:
    """The Noise of an open port, shared by all clients that talk over it."""
    return _noises.setdefault(port, Noise())


@contextmanager
def telling(port: Connection, log: Callable[[str], None]) -> Iterator[Noise]:
    """At the end of the `with` block, even after an error, `log` gets a line about the bytes skipped in it,
    if any."""
    noise = noise_of(port)
    try:
        yield noise
    finally:
        if noise:
            log(f"{port.port}: {noise}")
