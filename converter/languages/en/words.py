"""Split English sentences into words for comparison.

Differences in case, punctuation, contractions, British spelling, numbers, amounts, times and units are normalised. The
English normaliser from Whisper's evaluation (package whisper-normalizer) covers most of these differences, and the
rules below cover the others.
"""

import re
from collections.abc import Callable
from functools import cache

from ticktalk.converter.errors import INSTALL, MissingToolError

# Applied to lower-case text before the normaliser, which would otherwise not expand units, and would turn "o'clock"
# into "0 clock" and "5:05" into "5 5".
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
# Applied to both transcripts after the normaliser, because Whisper may write half past seven as "7.30". This also
# splits decimals with two digits after the point.
_AFTER = [(r"(?<![$£€\d.])(\d{1,2})\.([0-5]\d)\b", r"\1 \2")]


@cache
def _normaliser() -> Callable[[str], str]:
    try:
        from whisper_normalizer.english import EnglishTextNormalizer
    except ImportError as error:
        raise MissingToolError(f"the package {error.name} is not installed: {INSTALL}") from None
    return EnglishTextNormalizer()


def words(sentence: str) -> list[str]:
    """Return the spoken words of a sentence, with numbers as digits.

    For example, "It'll cost ninety-five dollars" becomes it, will, cost, $95.
    """
    return _replaced(_normaliser()(_replaced(sentence.lower(), _BEFORE)), _AFTER).split()


def _replaced(text: str, rules: list[tuple[str, str]]) -> str:
    for pattern, instead in rules:
        text = re.sub(pattern, instead, text)
    return text
