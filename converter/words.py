"""Sentences as lists of spoken words, and the word errors between two of them.

Spelling does not count: case, punctuation and apostrophes go, "72" is "seventy two", "7:30" is "seven thirty", "12%" is
"twelve percent".
"""

import re

_SMALL = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen""".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def spoken(number: int) -> str:
    """A number in words: 8400 is "eight thousand four hundred"."""
    if number < 20:
        return _SMALL[number]
    if number < 100:
        rest = number % 10
        return _TENS[number // 10 - 2] + (f" {_SMALL[rest]}" if rest else "")
    unit, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    rest = number % unit
    return f"{spoken(number // unit)} {name}" + (f" {spoken(rest)}" if rest else "")


def words(sentence: str) -> list[str]:
    """The words one hears."""
    text = sentence.lower().replace("'", "").replace("%", " percent ")
    text = re.sub(r"(\d+):(\d\d)", r"\1 \2", text)
    text = re.sub(r"\d+", lambda digits: f" {spoken(int(digits.group()))} ", text)
    return re.findall("[a-z]+", text)


def word_errors(said: list[str], heard: list[str]) -> int:
    """Fewest insertions, deletions and replacements of words that turn `said` into `heard`."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        above, row = row, [i]
        for j, other in enumerate(heard, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (word != other)))
    return row[-1]
