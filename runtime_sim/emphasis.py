"""Emphasis of words within an utterance: three more phonemes, and what they do to durations, pitch and volume.

A mark of LEVELS takes the place of a word's primary stress. From there to the end of the word, durations, pitch and
volume are as its level says. The network takes a mark for primary stress, whose row of the embedding it shares, so no
voice needs training for it. docs/reference/prosody.md has the formulas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ticktalk.runtime_sim.text.stress import PRIMARY


class Level(NamedTuple):
    """What a mark does.

    length: factor of the durations, in units of 1/256.
    rise: change of the pitch, in quarters of a semitone. The volume changes by as many quarters of a decibel, nearly.
    """

    length: int
    rise: int


NONE = Level(256, 0)
LEVELS = {"ꜜ": Level(232, -6), "ꜛ": Level(300, 8), "ꜝ": Level(344, 14)}
NAMES = {"reduced": "ꜜ", "moderate": "ꜛ", "strong": "ꜝ"}  # SSML's names


def with_marks(symbols: dict[str, int], free: Sequence[int]) -> dict[str, int]:
    """Return a voice's symbols and the marks {symbol: id}. The marks have the first of the ids that are `free`.

    Without primary stress, there are no marks. They have its id if not enough ids are free, or if one of them is a
    symbol of the voice, which it then remains.
    """
    if PRIMARY not in symbols:
        return symbols
    room = len(free) >= len(LEVELS) and not LEVELS.keys() & symbols.keys()
    return dict(zip(LEVELS, free if room else [symbols[PRIMARY]] * len(LEVELS))) | symbols


def levels(ids: Iterable[int], marks: dict[int, Level], space: int | None) -> Iterator[Level]:
    """Yield the level of each phoneme. `marks` has the ids of the marks, and `space` is the id that ends words."""
    level = NONE
    for number in ids:
        level = marks.get(number, NONE if number == space else level)
        yield level
