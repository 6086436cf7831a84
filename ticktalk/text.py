"""Text from a user."""

import io
import re
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TextIO

from ticktalk.runtime_sim.errors import TextError

_PIECE = 4096  # characters buffered while waiting for a paragraph to end
_SENTENCE_END = re.compile(r"[.!?…][\"')\]”’]*\s")


def checked(parts: Iterable[tuple[list[int], int]], text: str | None) -> Iterator[tuple[list[int], int]]:
    """Yield the utterances of a text as they come. Raises TextError if there is nothing to say. text=None: it
    came from standard input."""
    empty = True
    for part in parts:
        empty = False
        yield part
    if empty:
        where = "on standard input" if text is None else f"in the text {text!r}"
        raise TextError(f"there is nothing to say {where}")


def from_stdin(text: str) -> str | Iterator[str]:
    """Return `text` itself, or for "-" the UTF-8 text on standard input, of any length, in pieces."""
    if text != "-":
        return text
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    return pieces(sys.stdin)


def pieces(stream: TextIO) -> Iterator[str]:
    """Split an endless text into pieces: paragraphs, separated by empty lines. Longer ones are cut after a
    sentence, or else after a word."""
    held = ""
    for line in iter(partial(stream.readline, _PIECE), ""):
        held += line
        if not line.strip():
            yield held
            held = ""
        elif len(held) > _PIECE:
            ends = [match.end() for match in _SENTENCE_END.finditer(held)] or [held.rfind(" ") + 1 or len(held)]
            yield held[: ends[-1]]
            held = held[ends[-1] :]
    yield held
