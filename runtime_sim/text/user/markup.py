"""Markup between words: pauses, prosody, emphasis and spelling. Markup is interpreted only if the caller requests it.

[[pause 500]]   500 ms of silence, at most 10000
[[rate 150]]    percent of the caller's rate, 50 to 200; [[rate]] alone restores that rate
[[pitch -2]]    semitones above the caller's pitch, -12 to 12; [[pitch]] alone restores that pitch
[[volume 80]]   percent of the caller's volume, 0 to 200; [[volume]] alone restores that volume
[[expression 50]] percent of the caller's expression, 0 to 200; [[expression]] alone restores that expression
[[whisper]]     whispers until [[/whisper]]
[[voice emma]]  one of the voice's speakers; [[voice]] alone restores the caller's. Text if the voice has only one
[[emphasis]]    the words are emphasised until [[/emphasis]]; also [[emphasis strong]] and [[emphasis reduced]]
[[spell]]       letters, digits and symbols are read one by one until [[/spell]]

Anything else between brackets is read as text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ticktalk.runtime_sim.emphasis import NAMES

ONE = 256  # the value that stands for 100 percent
PERCENT = ("rate", "volume", "expression")  # commands whose values are percentages


class Event(NamedTuple):
    """A change between two utterances.

    what: "pause" (value in ms), "rate", "volume" and "expression" (1/256), "pitch" (semitones), "whisper" (1, or 0 for
    the caller's setting), "voice" (the number of a speaker, or -1 for the caller's). Rate, volume, expression and pitch
    are relative to the caller's settings.
    """

    what: str
    value: int
    name: str = ""  # of the speaker

    def written(self) -> str:
        """Return the command that has this effect."""
        if self.what == VOICE:
            return f"[[{VOICE} {self.name}]]" if self.name else f"[[{VOICE}]]"
        if self.what == WHISPER:
            return f"[[{WHISPER if self.value else WHISPER_END}]]"
        return f"[[{self.what} {round(self.value * 100 / ONE) if self.what in PERCENT else self.value}]]"


@dataclass
class Carried:
    """What one part of a text leaves to the next: whether it is still spelled, and its level of emphasis (items.py)."""

    spelling: bool = False
    emphasis: int = 0

    def change(self, what: str) -> None:
        """Execute a command that is not an event."""
        if what in (SPELL, SPELL_END):
            self.spelling = what == SPELL
        else:
            self.emphasis = [*EMPHASES.values()].index(what)


LIMITS = {"pause": (0, 10000), "rate": (50, 200), "pitch": (-12, 12), "volume": (0, 200), "expression": (0, 200)}
DEFAULTS = {"rate": 100, "pitch": 0, "volume": 100, "expression": 100}
SPELL, SPELL_END, VOICE = "spell", "/spell", "voice"
WHISPER, WHISPER_END = "whisper", "/whisper"
EMPHASES = {"none": "/emphasis", **{name: f"emphasis {name}" for name in NAMES}, "moderate": "emphasis"}  # by level
MOST_TOGETHER = 8  # maximum number of consecutive commands before a mark
_VOICE = re.compile(rf"\[\[{VOICE}(?: ([a-z0-9-]+))?\]\]")
_STATES = "|".join(["/?spell", "/?whisper", *EMPHASES.values()])
_COMMAND = re.compile(rf"\[\[(?:(pause|rate|pitch|volume|expression)(?: (-?[0-9]{{1,5}}))?|({_STATES}))\]\]")


def command(text: str, i: int, speakers: Sequence[str] = ()) -> tuple[int, str | Event] | None:
    """Return the end of the command at `text[i]` and its event, or the name of another command (`Carried.change`).
    None if there is no command.

    speakers: the names of the voice's speakers, if there are several.
    """
    if speakers and (found := _VOICE.match(text, i)) and (found[1] is None or found[1] in speakers):
        return found.end(), Event(VOICE, -1 if found[1] is None else speakers.index(found[1]), found[1] or "")
    found = _COMMAND.match(text, i)
    if not found:
        return None
    what, value, state = found.groups()
    if state:
        whisper = state in (WHISPER, WHISPER_END)
        return found.end(), Event(WHISPER, int(state == WHISPER)) if whisper else state
    if value is None and what not in DEFAULTS:
        return None
    number = DEFAULTS[what] if value is None else int(value)
    least, most = LIMITS[what]
    if not least <= number <= most:
        return None
    return found.end(), Event(what, (number * ONE + 50) // 100 if what in PERCENT else number)


def mark_after(text: str, i: int, speakers: Sequence[str] = ()) -> str:
    """Return the punctuation mark that follows the commands at `text[i]` and ends a word, or ""."""
    for _ in range(MOST_TOGETHER):
        found = command(text, i, speakers)
        if not found:
            break
        i = found[0]
    return text[i] if text[i] in ".,!?;:" and text[i + 1] in " \n\0" else ""
