"""What comes over a line and is part of no answer: prompts, logs, other programs' bytes. Skipped, counted, told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar
from weakref import WeakKeyDictionary

from ticktalk.boards.console import frames
from ticktalk.boards.line import Connection
from ticktalk.boards.ports import receive

QUIET = 0.1  # seconds without a byte after which a message that looks unfinished was perhaps never begun
SHOWN = 32  # of the first bytes that were skipped

Message = TypeVar("Message")


class MessageDecoder(Protocol[Message]):
    """Of messages that tell their length, so that noise which looks like a head seems to be a long message."""

    @property
    def pending(self) -> bool:
        """Whether a message has begun behind which another one could lie whole."""

    def feed(self, data: bytes) -> list[Message]:
        """The messages that `data` completes."""

    def quiet(self) -> list[Message]:
        """Those that lie whole within what looks like an unfinished message; without any that one is still awaited."""


def messages(port: Connection, decoder: MessageDecoder[Message], seconds: float) -> list[Message]:
    """Those that the next bytes within `seconds` complete; none, too, when the line was quiet for QUIET. Raises
    UnpluggedError."""
    data = receive(port, min(seconds, QUIET) if decoder.pending else seconds)
    return decoder.feed(data) if data else decoder.quiet()


class Noise:
    """The bytes that a line's clients skipped. A frame of the firmware's console is none, whoever came across it: a
    banner often follows the last answer of a boot loader."""

    def __init__(self) -> None:
        self._bytes, self._first = 0, b""
        self._console = frames.Decoder(self._count)

    def skip(self, data: bytes) -> None:
        """These, in the order in which they came."""
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
    """The one of an open port, for all that talk over it."""
    return _noises.setdefault(port, Noise())


@contextmanager
def telling(port: Connection, log: Callable[[str], None]) -> Iterator[Noise]:
    """Whether the `with` ends well or not, `log` gets a line on what was skipped in it, if anything was."""
    noise = noise_of(port)
    try:
        yield noise
    finally:
        if noise:
            log(f"{port.port}: {noise}")
