"""Score a front end without listening: a row passes if its phonemes match one of its reference readings.

Each line of a table holds a category, a sentence and its readings, separated by tabs. Readings are separated by `|`.
Sentences use Python escapes for control characters. A reading consists of plain words, marks, letters to spell in
braces (`twelve oh five {pm}`) and phonemes between slashes. The comparison ignores punctuation, spaces and stress.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from ticktalk.runtime_sim.errors import LanguageError
from ticktalk.runtime_sim.text import say
from ticktalk.runtime_sim.text.frontend import Frontend
from ticktalk.runtime_sim.text.items import LETTER, MARK, Item
from ticktalk.system.files import read_text

_ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|[nrt\\])")
_PLAIN = {"n": b"\n", "r": b"\r", "t": b"\t", "\\": b"\\"}
NO_MARKS = str.maketrans("", "", ';:,.!?—…"()“”')
NO_SOUND = str.maketrans("", "", ' ˈˌ;:,.!?—…"()“”')


@dataclass(frozen=True)
class Row:
    """One line of a table."""

    category: str
    text: bytes
    readings: tuple[str, ...]

    @property
    def held(self) -> bool:
        """Whether the row belongs to the held-out half, which a hash of the text selects and tuning never uses."""
        return bool(hashlib.sha256(self.text).digest()[0] & 1)


def load_rows(file: Path) -> list[Row]:
    """Load the rows of a table. Raises `LanguageError` if a line does not have three fields."""
    rows = []
    for number, line in enumerate(read_text(file).split("\n"), 1):
        if not line or line.startswith("# "):
            continue
        parts = line.split("\t")
        if len(parts) != 3:
            raise LanguageError(
                f"{file}: line {number} has {len(parts)} fields, but must have 3: category, text and readings"
            )
        rows.append(Row(parts[0], _unescaped(parts[1]), tuple(parts[2].split("|"))))
    return rows


def _unescaped(text: str) -> bytes:
    out, at = b"", 0
    for found in _ESCAPE.finditer(text):
        out += text[at : found.start()].encode()
        code = found[1]
        out += bytes([int(code[1:], 16)]) if code[0] == "x" else _PLAIN[code]
        at = found.end()
    return out + text[at:].encode()


def bare(said: str) -> str:
    """Return `said` without punctuation, spaces or stress marks."""
    return said.translate(NO_SOUND)


def sound_of(reading: str, frontend: Frontend) -> str:
    """Return the phonemes of a reading, without punctuation, spaces or stress marks."""
    said, items = "", list[Item]()
    for word in [*reading.split(), "//"]:
        if word.startswith("/"):
            said += (frontend.words.phonemes(items) if items else "") + word.strip("/")
            items = []
        else:
            items.append((word[1:-1], LETTER) if word.startswith("{") else say.item(word))
    return bare(said)


def right(row: Row, frontend: Frontend) -> bool:
    """Return whether the front end reads the row's text as one of the row's readings."""
    said = bare("".join(frontend(row.text)))
    return any(said == sound_of(reading, frontend) for reading in row.readings)


def right_word(row: Row, frontend: Frontend) -> bool:
    """Return whether one word of a sentence is pronounced correctly.

    The row's category is the word, and its readings are the accepted phonemes with stress.
    """
    for items in frontend.items(row.text):
        said = frontend.words.phonemes(items).translate(NO_MARKS).split(" ")
        for (text, _), sounds in zip([item for item in items if not item[1] & MARK], said):
            if text.lower() == row.category:
                return sounds in row.readings
    return False
