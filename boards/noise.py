"""Handle noise: received bytes that are not part of a response, such as prompts and logs.

Noise is skipped, counted and reported.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar
from weakref import WeakKeyDictionary

from ticktalk.boards.console import frames
from ticktalk.boards.line import Connection
from ticktalk.boards.ports import receive

QUIET = 0.1  # seconds of silence after which an incomplete message may be noise
SHOWN = 32  # maximum number of skipped bytes to show

Message = TypeVar("Message")


class MessageDecoder(Protocol[Message]):
    """A decoder for length-prefixed messages, which may mistake noise for the header of an incomplete message."""

    @property
    def pending(self) -> bool:
        """Whether the buffer starts with an incomplete message, which may be noise that hides a complete message."""

    def feed(self, data: bytes) -> list[Message]:
        """Return the messages that `data` completes."""

    def quiet(self) -> list[Message]:
        """Return any complete messages inside an incomplete one. If there are none, keep the incomplete message."""


def messages(port: Connection, decoder: MessageDecoder[Message], seconds: float) -> list[Message]:
    """Receive bytes for up to `seconds`, and return the messages that they complete.

    If a message is pending, this waits for at most QUIET seconds. Returns an empty list if no message is
    complete. Raises `UnpluggedError` if the port disappears, and `OverdueError` if the deadline has passed.
    """
    data = receive(port, min(seconds, QUIET) if decoder.pending else seconds)
    return decoder.feed(data) if data else decoder.quiet()


class Noise:
    """Counts the bytes that a port's clients skip.

    Console frames from the firmware do not count, because a banner often follows a boot loader's last response.
    """

    def __init__(self) -> None:
        self._bytes, self._first = 0, b""
        self._console = frames.Decoder(self._count)

    def skip(self, data: bytes) -> None:
        """Count these bytes. Pass the bytes in the order in which they were received."""
        self._console.feed(data)

    def told(self) -> dict:
        """Return {"bytes": count, "first": the first skipped bytes as printable ASCII}."""
        while self._console.quiet():
            pass
        self._console.end()
        return {"bytes": self._bytes, "first": repr(self._first)[2:-1]}

    def __str__(self) -> str:
        told = self.told()
        return f"{told['bytes']} bytes on the line were not part of any response (first: '{told['first']}')"

    def __bool__(self) -> bool:
        return self.told()["bytes"] > 0

    def _count(self, data: bytes) -> None:
        self._bytes += len(data)
        self._first += data[: SHOWN - len(self._first)]


_noises: WeakKeyDictionary[Connection, Noise] = WeakKeyDictionary()


def noise_of(port: Connection) -> Noise:
    """Return the `Noise` of an open port, which all clients of that port share."""
    return _noises.setdefault(port, Noise())


@contextmanager
def telling(port: Connection, log: Callable[[str], None]) -> Iterator[Noise]:
    """At the end of the `with` block, log any noise that was skipped on the port, even after an error."""
    noise = noise_of(port)
    try:
        yield noise
    finally:
        if noise:
            log(f"{port.port}: {noise}")
