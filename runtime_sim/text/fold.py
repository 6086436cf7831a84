"""Reduce UTF-8 text to the characters that rules can match: ASCII and a few others that the pack lists.

Every byte string is valid input. Malformed UTF-8 is decoded to U+FFFD, as Python and browsers do. A character that the
pack does not list is replaced by its name: each emoji has its own name, and a run in a foreign script is replaced as a
whole.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from ticktalk.runtime_sim.text.utf8 import decoded

MOST_ASCII = 0x7F
MOST_RUN = 160  # maximum length of a run of characters without white space
PHONEMES_FOLLOW = "](/"  # precedes the phonemes of [word](/phonemes/), as described in user/inline.py
_UNTIDY = re.compile(rf"[ \t\n]{{2}}|\t|[^ \t\n]{{{MOST_RUN + 1}}}")
_SPACES = re.compile(r"[ \t\n]+")
_LONG = re.compile(rf"[^ \n]{{{MOST_RUN}}}(?=[^ \n])")


def _space(found: re.Match) -> str:
    breaks = found[0].count("\n")
    return "\n\n" if breaks > 1 else "\n" if breaks else " "


class Characters:
    """A pack's character table.

    `facts` is the parsed characters.toml: keep (characters to leave unchanged), drop (ranges of code points to remove),
    same (character -> text), block (first code point, letters), names (characters -> name), ranges (first, last, name).
    `phonemes` are the symbols to leave unchanged after `](/`.
    """

    def __init__(self, facts: dict, phonemes: str = ""):
        self.phonemes = frozenset(phonemes)
        self.table: dict[int, str] = {}
        self.named: dict[int, str] = {}
        for code in range(MOST_ASCII + 1):
            self.table[code] = chr(code) if code >= 0x20 or code in (0x09, 0x0A) else " "
        self.table[0x0D] = "\n"
        self.table[MOST_ASCII] = " "
        for block in facts.get("block", ()):
            for k, letters in enumerate(block["letters"].split()):
                if letters != ".":
                    self.table[block["first"] + k] = letters
        for c in facts["keep"]:
            self.table[ord(c)] = c
        for c, text in facts["same"].items():
            self.table[ord(c)] = text
        for first, last in facts["drop"]:
            for code in range(first, last + 1):
                self.table[code] = ""
        for c, name in facts.get("names", {}).items():
            self.named[ord(c)] = name
        ranges = sorted((r["first"], r["last"], r["name"]) for r in facts["ranges"])
        self.firsts = [r[0] for r in ranges]
        self.ranges = ranges
        self.unknown = facts["unknown"]
        self.plain = {c: self.table[ord(c)] for c in map(chr, self.table)}

    def name(self, code: int) -> str:
        """Return the name of a character that is not in the table."""
        if code in self.named:
            return self.named[code]
        k = bisect_right(self.firsts, code) - 1
        if k >= 0 and code <= self.ranges[k][1]:
            return self.ranges[k][2]
        return self.unknown

    def only_named(self, text: str) -> list[str]:
        """Return the distinct parts of `text` for which only the name of their script or category is read.

        Characters that have their own names, such as emoji, are not included.
        """
        strange = (c if c > "\x7f" and c not in self.plain and ord(c) not in self.named else " " for c in text)
        return list(dict.fromkeys("".join(strange).split()))

    def plain_text(self, c: str) -> str:
        """Return the text to read for one non-ASCII character."""
        return self.plain.get(c, self.name(ord(c))).strip()

    def fold(self, data: bytes | str) -> str:
        """Return `data` with its characters folded and its white space collapsed.

        Each run of white space becomes one space, one line break or two line breaks. Any run of more than MOST_RUN
        other characters is split by a space, which bounds the look-ahead.
        """
        text = data if isinstance(data, str) and data.isascii() else decoded(data)
        if not (text.isascii() and text.isprintable()):
            text = "".join(self.pieces(text))
        if _UNTIDY.search(text):
            text = _SPACES.sub(_space, text)
            text = _LONG.sub(r"\g<0> ", text)
        return text

    def pieces(self, text: str) -> Iterator[str]:
        """Yield `text` folded character by character; consecutive characters with the same name become one name."""
        last = ""
        seen = 0  # number of characters of PHONEMES_FOLLOW before `c`
        plain = self.plain
        for c in text:
            if seen == len(PHONEMES_FOLLOW) and c in self.phonemes:
                if c > "\x7f":
                    last = ""
                    yield c
                    continue
            else:
                seen = seen + 1 if PHONEMES_FOLLOW[seen:].startswith(c) else int(c == PHONEMES_FOLLOW[0])
            known = plain.get(c)
            if known is not None:
                if known and known not in " \t":
                    last = ""
                yield known
                continue
            name = self.name(ord(c))
            if name != last:
                yield f" {name} "
            last = name
