"""What a rule that matched says: its verbs, run over its captures.

c1  the number of capture 1     o1  as an ordinal      y1  as a year        d1  digit by digit
k1  as the name of something (room 204)                m1  minutes: 00 is nothing, 05 "oh five"
M1  minutes: 00 is "o'clock"    t1  words of the table's value              n1  the name of a sign, if there is one
p1/2 P1/2  the table's value of capture 1 as the number of capture 2 wants it (P: its second pair of forms)
f1/2  the denominator of capture 1 under the numerator of capture 2         s1  letter by letter
w1  as it is written            ?1:word  the word where capture 1 took something
,   and other marks: themselves                        anything else: this word
"""

from __future__ import annotations

from collections.abc import Iterator

from ticktalk.runtime_sim.text.items import LETTER, MARK, SAID, Item
from ticktalk.runtime_sim.text.numbers import Numbers

MARKS = frozenset(';:,.!?—…"()“”')


def one(text: str) -> bool:
    """Whether a number wants the singular: 1, 01, not 1.0."""
    return text.lstrip("0") == "1"


def forms(value: str) -> list[str]:
    """singular|plural|singular of the part|its plural; what is missing is the one before."""
    parts = value.split("|")
    while len(parts) < 4:
        parts.append(parts[len(parts) - 2 if len(parts) > 2 else -1])
    return parts


def item(word: str) -> Item:
    """One word of a pack's rules: a mark, letters to be spelled (=pm), or a word."""
    if word in MARKS:
        return (word, MARK)
    return (word[1:], LETTER) if word[0] == "=" else (word.lower(), SAID)


def read(verbs: tuple, captures: list[tuple], text: str, numbers: Numbers, signs: dict) -> Iterator[Item]:
    """The items of one reading."""
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
            yield ("".join(c for c in taken.lower() if "a" <= c <= "z"), LETTER)
            continue
        if verb == "c":
            words = numbers.number(taken)
        elif verb == "o":
            words = numbers.ordinal(taken.replace(",", ""))
        elif verb == "d":
            words = numbers.each(taken.replace(",", "").replace(".", ""))
        elif verb == "k":
            words = numbers.code(taken)
        elif verb == "y":
            words = numbers.year(taken)
        elif verb == "m":
            words = [] if taken == "00" else numbers.two(taken) if len(taken) == 2 else numbers.cardinal(taken)
        elif verb == "M":
            words = numbers.clock.split() if taken == "00" else numbers.two(taken)
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
        yield from map(item, words)
