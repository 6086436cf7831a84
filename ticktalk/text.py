"""Text input from the user."""

import io
import re
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TextIO

from ticktalk.runtime_sim.errors import TextError

_PIECE = 65536  # maximum number of characters to buffer before the end of a paragraph
_SENTENCE_END = re.compile(r"[.!?…][\"')\]”’]*\s")


def checked(parts: Iterable[tuple[list[int], int]], text: str | None) -> Iterator[tuple[list[int], int]]:
    """Yield the utterances of the text, or raise TextError if there are none.

    `text` is None if the text was read from standard input.
    """
    empty = True
    for part in parts:
        empty = False
        yield part
    if empty:
        raise nothing_to_say(text)


def nothing_to_say(text: str | None) -> TextError:
    """Return the error for text without utterances. `text` is None if the text was read from standard input."""
    source = "standard input" if text is None else repr(text)
    return TextError(f"{source} contains no text to speak")


def from_stdin(text: str) -> str | Iterator[str]:
    """Return `text`. If `text` is "-", return an iterator over parts of the UTF-8 text on standard input.

    Bytes that are not UTF-8 become surrogate escapes, so that the original bytes can be sent to a watch.
    """
    if text != "-":
        return text
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    return pieces(sys.stdin)


def pieces(stream: TextIO) -> Iterator[str]:
    """Split a stream of any length into parts: paragraphs, separated by empty lines, which begin the next part.

    Longer paragraphs are split after a sentence or, failing that, after a word.
    """
    held = ""
    for line in iter(partial(stream.readline, _PIECE), ""):
        if not line.strip() and held.strip():
            yield held
            held = ""
        held += line
        if len(held) > _PIECE:
            ends = [match.end() for match in _SENTENCE_END.finditer(held)] or [held.rfind(" ") + 1 or len(held)]
            yield held[: ends[-1]]
            held = held[ends[-1] :]
    yield held
