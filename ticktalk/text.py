"""Text that comes from a user."""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TextIO

from ticktalk.runtime_sim.errors import VoiceError

_PIECE = 4096  # characters of a stream that are held while no paragraph ends
_SENTENCE_END = re.compile(r"[.!?…][\"')\]”’]*\s")


def checked(parts: Iterable[tuple[list[int], int]], text: str) -> Iterator[tuple[list[int], int]]:
    """The utterances of a text, as they come; VoiceError when there is nothing to say."""
    empty = True
    for part in parts:
        empty = False
        yield part
    if empty:
        raise VoiceError(f"there is nothing to say in the text {text!r}")


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
