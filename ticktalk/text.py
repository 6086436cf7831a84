"""Text that comes from a user."""

import io
import re
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TextIO

from ticktalk.runtime_sim.errors import TextError

_PIECE = 4096  # characters of a stream that are held while no paragraph ends
_SENTENCE_END = re.compile(r"[.!?…][\"')\]”’]*\s")


def checked(parts: Iterable[tuple[list[int], int]], text: str | None) -> Iterator[tuple[list[int], int]]:
    """The utterances of a text, as they come; TextError when there is nothing to say. None: it is standard input."""
    empty = True
    for part in parts:
        empty = False
        yield part
    if empty:
        where = "on standard input" if text is None else f"in the text {text!r}"
        raise TextError(f"there is nothing to say {where}")


def from_stdin(text: str) -> str | Iterator[str]:
    """`text` itself; for "-" what comes on standard input, as UTF-8, in pieces and as long as it may be."""
    if text != "-":
        return text
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    return pieces(sys.stdin)


def pieces(stream: TextIO) -> Iterator[str]:
    """An endless text in pieces: paragraphs, which an empty line ends; longer ones are cut behind a sentence, else a
    word."""
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
