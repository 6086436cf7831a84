"""Export numbers, quantities and times as pieces: one string of phoneme ids per word, joined by a small C function.

This module compares every time of day with the front end's reading of that time, so the joined words always match.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.phrases.compiled import ids_in
from ticktalk.firmware_gen.project.escape import Code
from ticktalk.firmware_gen.project.render import render
from ticktalk.runtime_sim.text.frontend import Frontend
from ticktalk.runtime_sim.text.items import SAID, Item
from ticktalk.runtime_sim.text.say import forms
from ticktalk.runtime_sim.voice import Voice

SCALES = 3  # thousand, million, billion: enough for 32-bit numbers
END = 255  # terminates the ids of a word
MOST_WORDS = 4  # words per component of a clock time
Words = tuple[Item, ...]


@dataclass
class _Pieces:
    """The distinct words, numbered from 1 in order of first use."""

    front: Frontend
    voice: Voice
    numbers: dict[Item, int] = field(default_factory=dict)

    def add(self, item: Item) -> int:
        return self.numbers.setdefault(item, len(self.numbers) + 1)

    def words(self, words: Words) -> list[int]:
        return [self.add(item) for item in words]

    def said(self, words: Words) -> str:
        """Return the phonemes of each word on its own, with spaces between them."""
        return " ".join(self.front.words.phonemes([item]) for item in words)


def pieces_files(front: Frontend, voice: Voice, prefix: str) -> dict[str, str]:
    """Return the C files of numbers, quantities and times for firmware without a text front end.

    The files are PREFIX_pieces.h and PREFIX_pieces.c.

    Raises BuildError if the voice lacks a phoneme, if the pack does not compose numbers as English does, or if it does
    not read times as an hour and a minute.
    """
    where = f"language pack '{front.pack.manifest['name']}'"
    pieces = _Pieces(front, voice)
    numbers = front.scanner.numbers
    if numbers.hundreds or numbers.joint:
        raise BuildError(f"{where}: its numbers cannot be composed from pieces; list the phrases in a file instead")

    def one(word: str) -> int:
        return pieces.add((word, SAID))

    context: dict = {
        "digits": [one(word) for word in numbers.units],
        "tens": [one(word) if word else 0 for word in numbers.tens],
        "hundred": one(numbers.hundred),
        "scales": [one(word) for word in numbers.scales[:SCALES]],
        "minus": one(front.scanner.signs["-"]),
        "point": one(numbers.point),
    }
    if len(context["scales"]) < SCALES:
        raise BuildError(f"{where}: its number words have fewer than {SCALES} scales")
    day = _time_parts(pieces, where, twelve=False)
    half = _time_parts(pieces, where, twelve=True)
    context |= {
        "hours": _rows(pieces, [day[0][h] for h in range(24)]),
        "minutes": _rows(pieces, [day[1].get(m, ()) for m in range(60)]),
        "full": _rows(pieces, [day[2][h] for h in range(24)]),
        "hours12": _rows(pieces, [half[0][h] for h in range(1, 13)]),
        "minutes12": _rows(pieces, [half[1].get(m, ()) for m in range(60)]),
        "full12": _rows(pieces, [half[2][h] for h in range(1, 13)]),
        "halves": _rows(pieces, [half[3][k] for k in range(2)]),
        "most": MOST_WORDS,
        "end": END,
        "units": [
            {"name": Code(name), "text": many, "one": _ids(pieces, single, where), "many": _ids(pieces, many, where)}
            for name, (single, many) in _units(front).items()
        ],
    }
    words = [{"word": item[0], "ids": _ended(ids_in(voice, pieces.said((item,)), where))} for item in pieces.numbers]
    space, stop = (ids_in(voice, mark, where)[0] for mark in " .")
    facts = {"voice": voice.manifest["name"], "edge": voice.manifest["phonemes"]["edge"], "space": space, "stop": stop}
    return {
        f"{prefix}_pieces.{end}": render(f"phrases/pieces.{end}.j2", prefix=prefix, words=words, **facts, **context)
        for end in ("h", "c")
    }


def clock_reading(front: Frontend, hour: int, minute: int, twelve: bool) -> Words:
    """Return the words that the front end reads for a time of day, 19:05 or 7:05 PM."""
    text = f"{hour % 12 or 12}:{minute:02} {'AM' if hour < 12 else 'PM'}" if twelve else f"{hour:02}:{minute:02}"
    return tuple(item for items in front.items(text) for item in items)


def _time_parts(pieces: _Pieces, where: str, twelve: bool) -> tuple[dict, dict, dict, dict]:
    """Return the words for hours, minutes (from 1), times on the hour and, if `twelve` is true, AM and PM."""
    read = {(h, m): clock_reading(pieces.front, h, m, twelve) for h in range(24) for m in range(60)}
    halves = {k: _common_end([read[h, m] for h in range(12 * k, 12 * k + 12) for m in range(60)]) for k in range(2)}
    halves = halves if twelve else {0: (), 1: ()}
    hours, minutes, full = dict[int, Words](), dict[int, Words](), dict[int, Words]()
    for h in range(24):
        # The words that are the same for all minutes belong to the hour.
        rest = [words[: len(words) - len(halves[h // 12])] for words in (read[h, m] for m in range(60))]
        start = _common_start(rest[1:])
        key = (h % 12 or 12) if twelve else h
        if hours.setdefault(key, start) != start or full.setdefault(key, rest[0]) != rest[0]:
            raise BuildError(f"{where}: hour {h} is not read the same way in both halves of the day")
        for m in range(1, 60):
            minute = rest[m][len(start) :]
            if minutes.setdefault(m, minute) != minute:
                raise BuildError(f"{where}: minute {m} is not read the same way for every hour")
    for (h, m), words in read.items():
        if pieces.said(words) != pieces.front.words.phonemes(list(words)):
            raise BuildError(f"{where}: the words of {h:02}:{m:02} are pronounced differently on their own")
    return hours, minutes, full, halves


def _common_start(rows: list[Words]) -> Words:
    size = 0
    while all(len(row) > size and row[size] == rows[0][size] for row in rows):
        size += 1
    return rows[0][:size]


def _common_end(rows: list[Words]) -> Words:
    return _common_start([row[::-1] for row in rows])[::-1]


def _rows(pieces: _Pieces, rows: list[Words]) -> list[Code]:
    """Return one initialiser per row, with the numbers of the row's words, padded with zeros."""
    if max(map(len, rows)) > MOST_WORDS:
        raise BuildError(f"one part of a spoken time has more than {MOST_WORDS} words")
    return [Code(", ".join(map(str, pieces.words(row) + [0] * (MOST_WORDS - len(row))))) for row in rows]


def _units(front: Frontend) -> dict[str, tuple[str, str]]:
    """Return the pack's units of measurement as a mapping from C name to (singular, plural)."""
    units = dict[str, tuple[str, str]]()
    for value in dict.fromkeys(front.scanner.tables["unit"].entries.values()):
        single, many = forms(value)[:2]
        name = re.sub(r"[^a-z0-9]+", "_", many.lower()).strip("_")
        if name and not name[0].isdigit():
            units.setdefault(name, (single, many))
    return units


def _ids(pieces: _Pieces, words: str, where: str) -> Code:
    items = [(word.lower(), SAID) for word in words.split() if not word.startswith("=")]
    said = pieces.front.words.phonemes(items)
    return _ended(ids_in(pieces.voice, said, where))


def _ended(ids: list[int]) -> Code:
    """Return the initialiser of a word's ids, which ends with END."""
    if END in ids:
        raise BuildError(f"the voice's phoneme id {END} cannot be used in pieces")
    return Code(", ".join(map(str, [*ids, END])))
