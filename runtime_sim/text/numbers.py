"""Convert digits to words with a pack's number words. Digits are strings, so there is no overflow."""

from __future__ import annotations

from collections.abc import Iterable

MOST_DIGITS = 18  # longer numbers are read digit by digit


class Numbers:
    """The number words of a pack.

    `words` is the table `numbers` in rules.toml: units (0 to 19 or more), tens (0, 10 ... 90), hundred, scales
    ([thousand, million ...]), point, oh, clock, ordinals, parts and plural. The other keys are optional:

    group, decimal: the characters that separate thousands and decimals. hundreds: [exactly 100, 100 with more, 200
    ...]. joint: the word between tens and units. joined: the tens that have it, and only before one; by default, all
    have it before any unit. counted_on: the tens whose units go on from 10 ("soixante" and "douze" for 72). bare:
    scales that are said without "one". long: whether every other scale counts thousands of the next one (mil,
    millones, mil millones). masculine: last words before scales and masculine nouns. feminine: words before feminine
    nouns. decimals: the number of decimals read as one number. whole: whether numbers in names are read as a whole
    instead of in pairs.
    """

    def __init__(self, words: dict):
        self.units, self.tens = words["units"], words["tens"]
        self.hundred, self.scales = words["hundred"], words["scales"]
        self.point, self.oh = words["point"], words["oh"]
        self.ordinals = words["ordinals"]  # last word of a cardinal -> its ordinal
        self.clock = words["clock"]
        self.parts = words["parts"]  # denominator -> "singular|plural"
        self.plural = words["plural"]  # suffix of plural ordinals
        self.group, self.decimal = words.get("group", ","), words.get("decimal", ".")
        self.hundreds: list[str] = words.get("hundreds", [])
        self.joint: str = words.get("joint", "")
        self.joined: list[int] = words.get("joined", [])
        self.counted_on: list[int] = words.get("counted_on", [])
        self.bare: list[str] = words.get("bare", [])
        self.long: bool = words.get("long", False)
        self.masculine: dict[str, str] = words.get("masculine", {})
        self.feminine: dict[str, str] = words.get("feminine", {})
        self.decimals: int = words.get("decimals", 0)
        self.whole: bool = words.get("whole", False)

    def cardinal(self, digits: str) -> list[str]:
        """Return an integer in words. Leading zeros are ignored, and very long numbers are read digit by digit."""
        digits = digits.lstrip("0") or "0"
        if self._too_long(digits):
            return self.each(digits)
        if digits == "0":
            return [self.units[0]]
        said: list[str] = []
        groups = (len(digits) + 2) // 3
        above = 0  # thousands of the same scale
        for k in range(groups):  # most significant group first
            end = len(digits) - 3 * (groups - 1 - k)
            value = int(digits[max(0, end - 3) : end])
            scale = self.scales[groups - 2 - k] if k < groups - 1 else ""
            if value and not (value == 1 and scale in self.bare):
                said += self._below_thousand(value)
                if scale:
                    said[-1] = self.masculine.get(said[-1], said[-1])
            if scale and (value or above):
                one, *more = scale.split("|")
                said.append(more[0] if more and (above or value > 1) else one)
            above = value if self.long and (groups - k) % 2 == 0 else 0
        return said

    def _too_long(self, digits: str) -> bool:
        """Return whether an integer is read digit by digit."""
        return len(digits) > MOST_DIGITS or (len(digits) - 1) // 3 > len(self.scales)

    def _changes(self, text: str) -> bool:
        """Return whether the noun after a number changes its words: neither decimals nor single digits change."""
        return self.decimal not in text and not self._too_long(text.replace(self.group, "").lstrip("0"))

    def _below_thousand(self, value: int) -> list[str]:
        said: list[str] = []
        if value >= 100:
            if self.hundreds:
                said.append(self.hundreds[0 if value == 100 else value // 100])
            else:
                said += [self.units[value // 100], self.hundred]
        value %= 100
        if value >= len(self.units):
            tens, value = divmod(value, 10)
            said.append(self.tens[tens])
            if value and self.joint and (not self.joined or (value == 1 and tens in self.joined)):
                said.append(self.joint)
            value += 10 * (tens in self.counted_on)
        if value:
            said.append(self.units[value])
        return said

    def before_masculine(self, text: str) -> list[str]:
        """Return a captured number as it is said before a masculine noun: "veintiún"."""
        said = self.number(text)
        return [*said[:-1], self.masculine.get(said[-1], said[-1])] if self._changes(text) else said

    def before_feminine(self, text: str) -> list[str]:
        """Return a captured number as it is said before a feminine noun: "doscientas"."""
        said = self.number(text)
        return [self.feminine.get(word, word) for word in said] if self._changes(text) else said

    def each(self, digits: Iterable[str]) -> list[str]:
        """Return one word per digit."""
        return [self.units[int(d)] for d in digits]

    def ordinal(self, digits: str) -> list[str]:
        """Return an ordinal: the cardinal with its last word replaced."""
        said = self.cardinal(digits)
        return [*said[:-1], self.ordinals.get(said[-1], said[-1])]

    def year(self, digits: str) -> list[str]:
        """Return a year: two pairs of digits, or a cardinal for 2000 to 2009 and whole thousands."""
        if len(digits) != 4 or digits[0] == "0" or digits[1:3] == "00":
            return self.cardinal(digits)
        if digits[2:] == "00":
            return [*self.cardinal(digits[:2]), self.hundred]
        return self.cardinal(digits[:2]) + self.two(digits[2:])

    def two(self, digits: str) -> list[str]:
        """Return the words for a pair of digits that follows other digits: 05 is "oh five"."""
        return [self.oh, self.units[int(digits[1])]] if digits[0] == "0" else self.cardinal(digits)

    def code(self, digits: str) -> list[str]:
        """Return a number used as a name (room 204, flight 1549): in pairs up to four digits, else digit by digit."""
        size = len(digits)
        if digits[0] == "0" or size > 4:
            return self.each(digits)
        if self.whole or size <= 2 or digits[1:] in ("00", "000"):
            return self.cardinal(digits)
        if size == 3:
            return [self.units[int(digits[0])], *self.two(digits[1:])]
        return (
            [*self.cardinal(digits[:2]), self.hundred]
            if digits[2:] == "00"
            else self.cardinal(digits[:2]) + self.two(digits[2:])
        )

    def number(self, text: str) -> list[str]:
        """Return a captured number in words. Separators are ignored, and most decimals are read digit by digit."""
        whole, _, part = text.replace(self.group, "").partition(self.decimal)
        said = self.cardinal(whole or "0")
        if part:
            together = len(part) <= self.decimals and part[0] != "0"
            said += [self.point, *(self.cardinal(part) if together else self.each(part))]
        return said

    def part(self, digits: str, single: bool) -> list[str]:
        """Return the denominator of a fraction in words: half, quarters, fifths."""
        known = self.parts.get(digits.lstrip("0"))
        if known:
            return known.split("|")[0 if single else 1].split()
        said = self.ordinal(digits)
        return said if single else [*said[:-1], said[-1] + self.plural]
