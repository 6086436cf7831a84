"""Run the verbs of a matching rule over its captures to produce the words to say.

c1  capture 1 as a number (u1: before a masculine noun, e1: before a feminine one)
o1  as an ordinal      y1  as a year        d1  digit by digit
k1  as a number in a name (room 204)                    m1  minutes: 00 is silent, 05 is "oh five"
M1  minutes: 00 is "o'clock"     t1  the words of the table value            n1  the name of the sign, if present
p1/2 P1/2  the table value of capture 1, singular or plural as capture 2 requires (P: the second pair of forms)
f1/2  capture 1 as a denominator whose numerator is capture 2                s1  letter by letter
w1  as written                   ?1:word  the word, if capture 1 is not empty
,   and other punctuation: unchanged                    anything else: the word itself
"""

from __future__ import annotations

from collections.abc import Iterator

from ticktalk.runtime_sim.text.items import LETTER, MARK, SAID, Item
from ticktalk.runtime_sim.text.match import DIGITS, SMALL
from ticktalk.runtime_sim.text.numbers import Numbers

MARKS = frozenset(';:,.!?—…"()“”')


def one(text: str) -> bool:
    """Return whether a number takes the singular: true for 1 and 01, false for 1.0."""
    return text.lstrip("0") == "1"


def forms(value: str) -> list[str]:
    """Split "singular|plural|singular of the part|plural of the part"; a missing form repeats an earlier one."""
    parts = value.split("|")
    while len(parts) < 4:
        parts.append(parts[len(parts) - 2 if len(parts) > 2 else -1])
    return parts


def item(word: str) -> Item:
    """Return the item for one word of a reading: a punctuation mark, letters to spell (=pm) or an ordinary word."""
    if word in MARKS:
        return (word, MARK)
    return (word[1:], LETTER) if word[0] == "=" else (word.lower(), SAID)


def items(words: list[str]) -> Iterator[Item]:
    """Yield the items of words of a reading, each of which may consist of several words ("quatre vingt")."""
    return (item(part) for word in words for part in word.split())


def read(verbs: tuple, captures: list[tuple], text: str, numbers: Numbers, signs: dict) -> Iterator[Item]:
    """Yield the items that the verbs of one reading produce."""
    for verb, first, second, word in verbs:
        if not verb:
            yield item(word)
            continue
        start, end, value = captures[first - 1]
        taken = text[start:end]
        if verb == "?":
            if end > start:
                yield item(word)
            continue
        if end == start:
            continue
        if verb == "s":
            yield ("".join(c for c in taken.lower() if c in SMALL), LETTER)
            continue
        if verb == "c":
            words = numbers.number(taken)
        elif verb == "o":
            words = numbers.ordinal(taken.replace(numbers.group, ""))
        elif verb == "d":
            words = numbers.each([c for c in taken if c in DIGITS])
        elif verb == "k":
            words = numbers.code(taken)
        elif verb == "y":
            words = numbers.year(taken)
        elif verb == "m":
            words = [] if taken == "00" else numbers.two(taken) if len(taken) == 2 else numbers.cardinal(taken)
        elif verb == "M":
            words = numbers.clock.split() if taken == "00" else numbers.two(taken)
        elif verb == "u":
            words = numbers.before_masculine(taken)
        elif verb == "e":
            words = numbers.before_feminine(taken)
        elif verb == "n":
            words = [signs[taken]]
        elif verb == "t":
            words = value.split("|")[0].split()
        elif verb in "pP":
            other = captures[second - 1]
            words = forms(value)[2 * (verb == "P") + (not one(text[other[0] : other[1]]))].split()
        else:  # f
            other = captures[second - 1]
            words = numbers.part(taken, one(text[other[0] : other[1]]))
        yield from items(words)
