"""A front end judged without ears: a text is read rightly when it sounds like one of its readings in words.

Tables are lines of category, text and readings, tabs between, `|` between readings. Texts have Python's escapes for
what a line cannot hold. A reading is plain words, letters to be spelled in braces: `twelve oh five {pm}`,
phonemes between strokes. Compared are
phonemes without marks, spaces and stress.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from ticktalk.runtime_sim.errors import LanguageError
from ticktalk.runtime_sim.text.frontend import Frontend
from ticktalk.runtime_sim.text.items import LETTER, MARK, SAID, Item
from ticktalk.system.files import read_text

_ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|[nrt\\])")
_PLAIN = {"n": b"\n", "r": b"\r", "t": b"\t", "\\": b"\\"}
NO_MARKS = str.maketrans("", "", ';:,.!?—…"()“”')
NO_SOUND = str.maketrans("", "", ' ˈˌ;:,.!?—…"()“”')


@dataclass(frozen=True)
class Row:
    """One line of a table. held: it counts for the figure and nobody tunes to it."""

    category: str
    text: bytes
    readings: tuple[str, ...]

    @property
    def held(self) -> bool:
        """Half of the rows, by a hash of the text."""
        return bool(hashlib.sha256(self.text).digest()[0] & 1)


def load_rows(file: Path) -> list[Row]:
    """The rows of a table; LanguageError where a line has no three parts."""
    rows = []
    for number, line in enumerate(read_text(file).split("\n"), 1):
        if not line or line.startswith("# "):
            continue
        parts = line.split("\t")
        if len(parts) != 3:
            raise LanguageError(f"{file}: line {number} has {len(parts)} parts, should be category, text and readings")
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
    """Phonemes alone."""
    return said.translate(NO_SOUND)


def sound_of(reading: str, frontend: Frontend) -> str:
    """What a reading in words sounds like."""
    said, items = "", list[Item]()
    for word in [*reading.split(), "//"]:
        if word.startswith("/"):
            said += (frontend.words.phonemes(items) if items else "") + word.strip("/")
            items = []
        else:
            items.append((word[1:-1], LETTER) if word.startswith("{") else (word, SAID))
    return bare(said)


def right(row: Row, frontend: Frontend) -> bool:
    """Whether a row's text sounds like one of its readings."""
    said = bare("".join(frontend(row.text)))
    return any(said == sound_of(reading, frontend) for reading in row.readings)


def right_word(row: Row, frontend: Frontend) -> bool:
    """Whether one word of a sentence is said as it should be: the category is the word, the readings are its phonemes,
    stress and all."""
    for items in frontend.items(row.text):
        said = frontend.words.phonemes(items).translate(NO_MARKS).split(" ")
        for (text, _), sounds in zip([item for item in items if not item[1] & MARK], said):
            if text.lower() == row.category:
                return sounds in row.readings
    return False
