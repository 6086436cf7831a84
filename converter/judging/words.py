"""Sentences as lists of words that can be compared, and the errors between two of them.

How a word is written does not count: case, punctuation, contractions, British spelling, numbers, amounts, times, units.
The English normaliser of Whisper's evaluation does most of it (the package whisper-normalizer); what it leaves is
below. Where words are parted does not count either: "work out" is "workout", "730" is "7 30"."""

import re
from functools import cache

from ticktalk.converter.errors import INSTALL, MissingToolError

LONGEST = 4  # words that may be written as another number of them
# Before the normaliser, in lower case. It would read "o'clock" as "0 clock", "5:05" as "5 5", and leave units as they
# are.
_BEFORE = [
    (r"\bo['’]clock\b", "oclock"),
    (r"\b([ap])\.\s?m\b\.?", r"\1m"),
    (r"(\d):00\b", r"\1"),
    (r"(\d):0(\d)", r"\1 oh \2"),
    (r"(?<![\d.,])0(?=\d)", "0 "),
    (r"(^|\s)-(?=\d)", r"\1minus "),
    (r"\ba (?=hundred|thousand|million)", "one "),
    (r"\bok\b", "okay"),
    (r"(\d)\s*°\s*c\b", r"\1 degrees celsius"),
    (r"(\d)\s*°\s*f\b", r"\1 degrees fahrenheit"),
    (r"(\d)\s*°", r"\1 degrees"),
    *(
        (rf"(\d)\s*{short}\b", rf"\1 {long}")
        for short, long in (
            ("km/h", "kilometers per hour"),
            ("km", "kilometers"),
            ("kg", "kilograms"),
            ("cm", "centimeters"),
            ("mm", "millimeters"),
            ("ml", "milliliters"),
            ("m", "meters"),
            ("g", "grams"),
            ("mph", "miles per hour"),
            ("bpm", "beats per minute"),
        )
    ),
]
# After it, on both sides: Whisper may write half past seven as "7.30". Decimal numbers of two places are parted alike.
_AFTER = [(r"(?<![$£€\d.])(\d{1,2})\.([0-5]\d)\b", r"\1 \2")]


@cache
def _normaliser():
    try:
        from whisper_normalizer.english import EnglishTextNormalizer
    except ImportError as error:
        raise MissingToolError(f"the package {error.name} is not installed: {INSTALL}") from None
    return EnglishTextNormalizer()


def words(sentence: str) -> list[str]:
    """The words one hears, numbers as digits: "It'll cost ninety-five dollars" is it, will, cost, $95."""
    return _replaced(_normaliser()(_replaced(sentence.lower(), _BEFORE)), _AFTER).split()


def _replaced(text: str, rules: list[tuple[str, str]]) -> str:
    for pattern, instead in rules:
        text = re.sub(pattern, instead, text)
    return text


def word_errors(said: list[str], heard: list[str]) -> int:
    """Fewest insertions, deletions and replacements of words that turn `said` into `heard`; parting words elsewhere is
    free."""
    least = [list(range(len(heard) + 1))]
    for i, word in enumerate(said, 1):
        least.append([i])
        for j, other in enumerate(heard, 1):
            options = [least[i - 1][j] + 1, least[i][j - 1] + 1, least[i - 1][j - 1] + (word != other)]
            for m in range(1, min(i, LONGEST) + 1):
                own = "".join(said[i - m : i])
                options += [
                    least[i - m][j - n] for n in range(1, min(j, LONGEST) + 1) if own == "".join(heard[j - n : j])
                ]
            least[i].append(min(options))
    return least[-1][-1]


def character_errors(said: list[str], heard: list[str]) -> tuple[int, int]:
    """Fewest insertions, deletions and replacements of letters and digits, and how many `said` has; spaces do not
    count."""
    one, other = "".join(said), "".join(heard)
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, row = row, [i]
        for j, found in enumerate(other, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != found)))
    return row[-1], len(one)
